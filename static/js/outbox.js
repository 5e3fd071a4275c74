/**
 * What was written and has no answer yet. Each entry is kept in the browser under its nonce until the server has answered, so
 * that a reload or a lost connection loses nothing; the same nonce makes sending again harmless. Sends one at a time: the
 * order holds even when the server asks to wait.
 */
import { t } from "./texts.js";

const OVERDUE = 5_000; // an answer that took so long makes one doubt the connection
const PATIENCE = 15_000; // without an answer for so long on a living connection: send again
const STALE = 24 * 3600_000; // found after a day, a line isn't sent without asking
/** So much may wait: beyond it the composer keeps its text. */
export const ROOM_FOR = 200;

/** A name for one sending; @returns {string} 32 hexadecimal digits */
export function makeNonce() {
  // randomUUID is there on secure origins only; a chat at home may be plain http.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @typedef {import("./store.js").Pending & {order: number}} Entry */

export class Outbox {
  #sentAt = 0;
  #order = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #release;

  /**
   * @param {object} with_
   * @param {import("./store.js").Store} with_.store
   * @param {typeof import("./storage.js").storage} with_.storage
   * @param {(request: object) => boolean} with_.send
   * @param {string} with_.prefix of the keys: one user, one room
   * @param {() => number} [with_.now] ms
   */
  constructor({ store, storage, send, prefix, now = Date.now }) {
    this.store = store;
    this.storage = storage;
    this.send = send;
    this.prefix = prefix;
    this.now = now;
  }

  /** Takes up what an earlier page left. */
  restore() {
    const kept = this.storage.keys(this.prefix).flatMap((key) => this.#load(key) ?? []);
    kept.sort((a, b) => a.order - b.order);
    for (const entry of kept) {
      if (!entry.reason && this.now() - Date.parse(entry.at) > STALE) entry.reason = t("Not sent yet, and more than a day old.");
      this.store.dispatch({ type: "written", entry: { ...entry, stage: entry.reason ? "refused" : "waiting" } });
    }
  }

  /** @param {string} text @returns {boolean} false if there is no more room */
  post(text) {
    if (this.store.state.pending.length >= ROOM_FOR) return false;
    this.#order = Math.max(this.#order + 1, this.now()); // no two the same, though written within a millisecond
    const entry = { nonce: makeNonce(), text, at: new Date(this.now()).toISOString(), order: this.#order };
    this.#keep(entry);
    this.store.dispatch({ type: "written", entry });
    this.flush();
    return true;
  }

  /** Sends the first that waits, if none is on its way. */
  flush() {
    const { pending, held, ended } = this.store.state;
    if (held || ended || pending.some((entry) => entry.stage === "sent")) return;
    const next = pending.find((entry) => entry.stage === "waiting");
    if (!next || !this.send({ type: "post", nonce: next.nonce, text: next.text })) return;
    this.#sentAt = this.now();
    this.store.dispatch({ type: "staged", nonces: [next.nonce], stage: "sent" });
  }

  /** After each event of the server has changed the state. @param {{type: string, nonce?: string, code?: string, retry_after?: number}} event */
  heard(event) {
    if (event.type === "hello") {
      this.#letGo();
      return;
    }
    if (!event.nonce) return;
    if (event.type === "error") this.#refused(event);
    else this.storage.remove(this.prefix + event.nonce);
    this.flush();
  }

  /** Does something wait for its answer for suspiciously long? */
  get overdue() {
    return this.now() - this.#sentAt > OVERDUE && this.store.state.pending.some((entry) => entry.stage === "sent");
  }

  /** Once in a while on a living connection. */
  beat() {
    if (this.now() - this.#sentAt > PATIENCE) this.takeBack();
    this.flush();
  }

  /** The connection is gone: what was on its way waits again. @param {"waiting"|"refused"} stage @param {string} [reason] */
  takeBack(stage = "waiting", reason) {
    const open = this.store.state.pending.filter((entry) => entry.stage === "sent" || (stage === "refused" && entry.stage === "waiting"));
    if (!open.length) return;
    this.store.dispatch({ type: "staged", nonces: open.map((entry) => entry.nonce), stage, reason });
    for (const entry of open) this.#keep(entry);
  }

  /** Tries a refused one again. @param {string} nonce */
  retry(nonce) {
    const entry = this.#find(nonce);
    if (!entry) return;
    if (entry.code === "nonce_reused") {
      // This nonce is burnt; the text gets another one.
      this.discard(nonce);
      this.post(entry.text);
      return;
    }
    this.#keep(entry);
    this.store.dispatch({ type: "staged", nonces: [nonce], stage: "waiting" });
    this.flush();
  }

  /** @param {string} nonce @returns {string} the text, for writing it anew */
  discard(nonce) {
    const text = this.#find(nonce)?.text ?? "";
    this.storage.remove(this.prefix + nonce);
    this.store.dispatch({ type: "discarded", nonce });
    this.flush();
    return text;
  }

  /** @param {any} event */
  #refused(event) {
    if (event.code === "rate_limited" || event.code === "unavailable") {
      clearTimeout(this.#release);
      this.#release = setTimeout(() => this.#letGo(), 1000 * (event.retry_after ?? 2) + 50);
      return;
    }
    const entry = this.#find(event.nonce);
    if (entry) this.#keep(entry);
  }

  #letGo() {
    clearTimeout(this.#release);
    this.store.dispatch({ type: "released" });
    this.flush();
  }

  /** @param {string} nonce */
  #find(nonce) {
    return this.store.state.pending.find((entry) => entry.nonce === nonce);
  }

  /** @param {any} entry an Entry of this page, or one from before a reload */
  #keep({ nonce, text, at, order, stage, reason }) {
    const kept = { nonce, text, at, order, reason: stage === "refused" ? reason : undefined };
    this.storage.set(this.prefix + nonce, JSON.stringify(kept));
  }

  /** @param {string} key @returns {Entry|null} */
  #load(key) {
    try {
      const entry = JSON.parse(this.storage.get(key) ?? "");
      return typeof entry.text === "string" && this.prefix + entry.nonce === key ? entry : null;
    } catch {
      return null; // not ours, or cut short
    }
  }
}
