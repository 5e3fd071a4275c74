/** localStorage that may be refused or full: then things last as long as the page. */

export const storage = {
  /** @param {string} key @returns {string|null} */
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {string} value */
  set(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      // refused or full: nothing is lost that isn't still on the page
    }
  },
  /** @param {string} key */
  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // refused
    }
  },
  /** @param {string} prefix @returns {string[]} */
  keys(prefix) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },
};
