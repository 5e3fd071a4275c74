/**
 * What is asked to be done to posts: edit, delete, undelete, react, pin. The state shows each as done at once (overlay.js). Kept
 * until the answer and sent again after a reconnect: each asks for a state, so twice is the same as once.
 */
import { makeNonce } from "./outbox.js";

const PATIENCE = 15_000; // ms without an answer on a living connection: send again
const STALE = 24 * 3600_000; // ms: what was asked before is not meant any more
/** The fields that a request may have beside its nonce. */
const FIELDS = ["type", "number", "text", "emoji", "on"];

/** @typedef {import("../state/store.js").Ask} Ask */

/** What an ask is about: a later one about the same takes the place of one that hasn't left yet. @param {Ask} ask */
const subject = ({ type, number, emoji }) => `${type === "undelete" ? "delete" : type} ${number} ${emoji ?? ""}`;

export class Asks {
  /** @type {Map<string, number>} by nonce: when it was sent */ #sent = new Map();
  /** @type {Map<string, (answer: any) => void>} */ #answers = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #release;
  #held = false;

  /**
   * @param {object} with_
   * @param {import("../state/store.js").Store} with_.store
   * @param {typeof import("../local/storage.js").storage} with_.storage
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
    for (const ask of kept.sort((a, b) => a.at.localeCompare(b.at))) {
      if (this.now() - Date.parse(ask.at) > STALE) this.storage.remove(this.prefix + ask.nonce);
      else this.store.dispatch({ type: "asked", ask });
    }
  }

  /**
   * Asks, and shows it as done. A refusal takes that back and says so in a toast.
   * @param {{type: string, number: number, text?: string, emoji?: string, on?: boolean}} request
   * @returns {Promise<{type: string, code?: string, text?: string}>} the `receipt` or `error`, or `moot` where it was overtaken
   */
  ask(request) {
    const ask = /** @type {Ask} */ ({ ...request, nonce: makeNonce(), at: new Date(this.now()).toISOString() });
    const overtaken = this.store.state.asks.filter((one) => subject(one) === subject(ask) && !one.seq && !this.#sent.has(one.nonce));
    for (const one of overtaken) this.#settle(one.nonce, { type: "moot" });
    this.store.dispatch({ type: "unasked", nonces: overtaken.map((one) => one.nonce) });
    // A deletion that never left needs no taking back.
    if (ask.type === "undelete" && overtaken.some((one) => one.type === "delete")) return Promise.resolve({ type: "moot" });
    this.storage.set(this.prefix + ask.nonce, JSON.stringify(ask));
    this.store.dispatch({ type: "asked", ask });
    const answer = new Promise((/** @type {(answer: any) => void} */ resolve) => this.#answers.set(ask.nonce, resolve));
    this.flush();
    return answer;
  }

  /** Sends what may go. */
  flush() {
    const { asks, ended } = this.store.state;
    if (this.#held || ended) return;
    // To one post one at a time, so that their order holds.
    const busy = new Set(asks.filter((ask) => this.#sent.has(ask.nonce)).map((ask) => ask.number));
    for (const ask of asks) {
      if (ask.seq || busy.has(ask.number)) continue;
      if (!this.send({ ...Object.fromEntries(FIELDS.filter((field) => field in ask).map((field) => [field, ask[field]])), nonce: ask.nonce })) return;
      busy.add(ask.number);
      this.#sent.set(ask.nonce, this.now());
    }
  }

  /** After each event of the server has changed the state. @param {{type: string, nonce?: string, code?: string, retry_after?: number}} event */
  heard(event) {
    if (event.type === "hello") {
      this.#sent.clear();
      this.#letGo();
    } else if (event.nonce && this.#sent.delete(event.nonce)) {
      if (event.type === "error" && (event.code === "rate_limited" || event.code === "unavailable")) {
        this.#held = true;
        clearTimeout(this.#release);
        this.#release = setTimeout(() => this.#letGo(), 1000 * (event.retry_after ?? 2) + 50);
        return;
      }
      this.#settle(event.nonce, event);
      this.flush();
    }
  }

  /** Once in a while on a living connection. */
  beat() {
    for (const [nonce, at] of this.#sent) if (this.now() - at > PATIENCE) this.#sent.delete(nonce);
    this.flush();
  }

  /** There is no way back into the room: nothing of it will happen. */
  giveUp() {
    const nonces = this.store.state.asks.map((ask) => ask.nonce);
    for (const nonce of nonces) this.#settle(nonce, { type: "error", code: "ended", nonce });
    this.store.dispatch({ type: "unasked", nonces });
  }

  #letGo() {
    clearTimeout(this.#release);
    this.#held = false;
    this.flush();
  }

  /** @param {string} nonce @param {object} answer */
  #settle(nonce, answer) {
    this.storage.remove(this.prefix + nonce);
    this.#answers.get(nonce)?.(answer);
    this.#answers.delete(nonce);
  }

  /** @param {string} key @returns {Ask|null} */
  #load(key) {
    try {
      const ask = JSON.parse(this.storage.get(key) ?? "");
      return Number.isInteger(ask.number) && typeof ask.at === "string" && this.prefix + ask.nonce === key ? ask : null;
    } catch {
      return null; // not ours, or cut short
    }
  }
}
