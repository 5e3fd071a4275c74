/**
 * What was used last, by name, kept in the browser: rooms, people, commands, emoji. Proposals begin
 * with it.
 */

/** At most so many are kept: more than any list of proposals shows. */
const KEPT = 60;

export class Recents {
  /**
   * @param {typeof import("./storage.js").storage} storage
   * @param {string} key one for each kind of thing
   */
  constructor(storage, key) {
    this.storage = storage;
    this.key = key;
  }

  /** The last first; read each time, since other tabs write there, too. @returns {string[]} */
  all() {
    try {
      const kept = JSON.parse(this.storage.get(this.key) ?? "[]");
      return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
    } catch {
      return []; // not ours, or cut short
    }
  }

  /** @param {string} name */
  use(name) {
    const others = this.all().filter((other) => other !== name);
    this.storage.set(this.key, JSON.stringify([name, ...others].slice(0, KEPT)));
  }

  /** By name, 0 for the last used. @returns {Map<string, number>} */
  ranks() {
    return new Map(this.all().map((name, index) => [name, index]));
  }
}

/**
 * @typedef {"person"|"room"|"command"|"visited"} Kind `room`: those that were named, `visited`:
 *   those that one was in
 */

/**
 * @param {typeof import("./storage.js").storage} storage
 * @param {string} user whose they are
 * @param {Kind} kind
 */
export const recentsOf = (storage, user, kind) => new Recents(storage, `aiochat:recent:${user}:${kind}`);
