/**
 * localStorage and sessionStorage. What they refuse, or have no room for, lasts as long as the page, which
 * asks before it is left with what somebody has written.
 */
import { BASE } from "./address.js";

/** Before all keys: another site may be below another path of the same host. */
const MARK = BASE && `${BASE} `;

/** The key as it was given here. @param {string|null} key of an event of `storage` */
export const ownKey = (key) => (key?.startsWith(MARK) ? key.slice(MARK.length) : null);

/** Keys of what people write. */
const WRITTEN = /^aiochat:(draft|outbox|asks|feed)/;

/** @param {() => Storage} kept asked for each time: to ask may be refused, too */
export function over(kept) {
  /** What isn't kept, by its keys. @type {Map<string, string>} */
  const here = new Map();
  const isWritten = () => [...here].some(([key, value]) => value && WRITTEN.test(key));
  const ask = (/** @type {Event} */ event) => isWritten() && event.preventDefault();
  return {
    /** @param {string} key @returns {string|null} */
    get(key) {
      try {
        return here.get(key) ?? kept().getItem(MARK + key);
      } catch {
        return null;
      }
    },
    /** @param {string} key @param {string} value */
    set(key, value) {
      try {
        kept().setItem(MARK + key, value);
        here.delete(key);
      } catch {
        here.set(key, value);
        globalThis.addEventListener?.("beforeunload", ask);
      }
    },
    /** @param {string} key */
    remove(key) {
      here.delete(key);
      try {
        kept().removeItem(MARK + key);
      } catch {
        // refused
      }
    },
    /** @param {string} prefix @returns {string[]} */
    keys(prefix) {
      const found = new Set(here.keys());
      try {
        for (const key of Object.keys(kept())) found.add(ownKey(key) ?? "");
      } catch {
        // refused
      }
      return [...found].filter((key) => key.startsWith(prefix));
    },
  };
}

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
