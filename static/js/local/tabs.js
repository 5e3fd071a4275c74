/**
 * Which tabs are open: each holds a lock of its own, so the tab that gets that lock knows that it
 * is closed.
 */

const lockOf = (/** @type {string} */ tab) => `aiochat:tab:${tab}`;

/**
 * Holds this tab's lock until the signal, or until the tab is closed or crashes.
 * @param {string} tab
 * @param {AbortSignal} signal
 */
export function holdTabLock(tab, signal) {
  const untilEnd = () => new Promise((resolve) => signal.addEventListener("abort", resolve));
  navigator.locks?.request(lockOf(tab), untilEnd).catch(() => {});
}

/**
 * Calls `then` as soon as another tab is gone, at once if it is already; never after the signal.
 * Without locks (on plain http) nobody knows.
 * @type {((tab: string, then: () => void, signal: AbortSignal) => void)|undefined}
 */
export const whenTabCloses =
  globalThis.navigator?.locks &&
  ((tab, then, signal) => {
    const otherwise = () => signal.aborted || then();
    navigator.locks.request(lockOf(tab), { signal }, then).catch(otherwise);
  });
