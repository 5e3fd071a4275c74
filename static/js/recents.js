/** What somebody used last, kept in their browser: proposals begin with it. */

/** So many are remembered: more than any list of proposals shows. */
const KEPT = 40;

/** @template T */
export class Recents {
  /**
   * @param {typeof import("./storage.js").storage} storage
   * @param {string} key one for each person and kind of thing
   * @param {(one: T) => string} name what makes two the same
   */
  constructor(storage, key, name) {
    this.storage = storage;
    this.key = key;
    this.name = name;
  }

  /** The last first; read each time, since other tabs write there, too. @returns {T[]} */
  all() {
    try {
      const kept = JSON.parse(this.storage.get(this.key) ?? "[]");
      return Array.isArray(kept) ? kept.filter((one) => typeof this.name(one) === "string") : [];
    } catch {
      return []; // not ours, or cut short
    }
  }

  /** @param {T} one */
  use(one) {
    const others = this.all().filter((other) => this.name(other) !== this.name(one));
    this.storage.set(this.key, JSON.stringify([one, ...others].slice(0, KEPT)));
  }

  /** By name, 0 for the last used. @returns {Map<string, number>} */
  ranks() {
    return new Map(this.all().map((one, place) => [this.name(one), place]));
  }
}
