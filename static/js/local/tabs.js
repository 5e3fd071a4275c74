/**
 * Which of somebody's tabs still live: each holds a lock of its own for as long as it is open, so
 * that whoever gets that lock knows that the tab is gone.
 */

const lockOf = (/** @type {string} */ tab) => `aiochat:tab:${tab}`;

/** Holds this tab's lock until the tab is closed or crashes. @param {string} tab */
export function holdTabLock(tab) {
  navigator.locks?.request(lockOf(tab), () => new Promise(() => {})).catch(() => {});
}

/**
 * Calls `then` as soon as another tab is gone, at once if it is already. Without locks (on plain
 * http) nobody knows.
 * @type {((tab: string, then: () => void) => void)|undefined}
 */
export const whenTabCloses =
  globalThis.navigator?.locks && ((tab, then) => void navigator.locks.request(lockOf(tab), then).catch(then));
