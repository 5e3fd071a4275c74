/**
 * The unsent text of a room's composer, the post that it replies to, and a half edited post, kept in
 * the browser.
 */
import { session } from "./storage.js";

/** @typedef {import("../sending/outbox.js").Quoted} Quoted */

export class Draft {
  /**
   * @param {typeof import("./storage.js").storage} storage
   * @param {string} user
   * @param {string} room
   * @param {typeof import("./storage.js").storage} tab what no other tab sees
   */
  constructor(storage, user, room, tab = session) {
    this.storage = storage;
    this.tab = tab;
    this.textKey = `aiochat:draft:${user}:${room}`;
    this.replyKey = `aiochat:draft-reply:${user}:${room}`;
    this.editKey = `aiochat:draft-edit:${user}:${room}`;
  }

  /**
   * What is in the box.
   * @param {string} text
   * @param {number|null} edited the post whose text it is
   */
  keep(text, edited) {
    if (edited !== null) this.tab.set(this.editKey, JSON.stringify({ number: edited, text }));
    else {
      this.tab.remove(this.editKey);
      this.text = text;
    }
  }

  /** @returns {{number: number, text: string}|null} */
  get edit() {
    try {
      const found = JSON.parse(this.tab.get(this.editKey) ?? "null");
      return Number.isInteger(found?.number) && typeof found.text === "string" ? found : null;
    } catch {
      return null; // not ours
    }
  }

  get text() {
    return this.storage.get(this.textKey) ?? "";
  }

  set text(text) {
    if (text) this.storage.set(this.textKey, text);
    else this.storage.remove(this.textKey);
  }

  /** @returns {Quoted|null} */
  get repliedTo() {
    try {
      const found = JSON.parse(this.storage.get(this.replyKey) ?? "null");
      return Number.isInteger(found?.number) &&
        typeof found.author === "string" &&
        typeof found.text === "string"
        ? found
        : null;
    } catch {
      return null; // not ours, or cut short
    }
  }

  set repliedTo(quoted) {
    if (quoted) this.storage.set(this.replyKey, JSON.stringify(quoted));
    else this.storage.remove(this.replyKey);
  }
}
