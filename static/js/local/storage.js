/** localStorage and sessionStorage. Where they are refused or full, values aren't kept. */

/** @param {() => Storage} kept asked for each time: to ask may be refused, too */
const over = (kept) => ({
  /** @param {string} key @returns {string|null} */
  get(key) {
    try {
      return kept().getItem(key);
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {string} value */
  set(key, value) {
    try {
      kept().setItem(key, value);
    } catch {
      // refused or full: nothing is lost that isn't still on the page
    }
  },
  /** @param {string} key */
  remove(key) {
    try {
      kept().removeItem(key);
    } catch {
      // refused
    }
  },
  /** @param {string} prefix @returns {string[]} */
  keys(prefix) {
    try {
      return Object.keys(kept()).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },
});

export const storage = over(() => localStorage);
/** The same for as long as the tab is there. */
export const session = over(() => sessionStorage);

/**
 * Kept for all tabs, of which each has its own: a reload finds what this tab wrote, a new tab what was
 * written last.
 * @param {typeof storage} all
 * @param {typeof storage} own
 * @returns {typeof storage}
 */
export const tabbed = (all, own) => ({
  get: (key) => own.get(key) ?? all.get(key),
  set(key, value) {
    own.set(key, value);
    all.set(key, value);
  },
  remove(key) {
    // What another tab wrote later is its own.
    const written = own.get(key);
    if (written === null || written === all.get(key)) all.remove(key);
    own.set(key, "");
  },
  keys: (prefix) => all.keys(prefix),
});

export const tabStorage = tabbed(storage, session);
