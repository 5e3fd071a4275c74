/**
 * Requests to change posts: edit, delete, undelete, react, pin. The state shows each as done at
 * once (overlay.js). What concerns one's own posts, and reactions, are kept until their answer and
 * sent again after a reconnect; each names a state, so a second time changes nothing. What acts on
 * others goes now or fails.
 */
import { NO_CONNECTION } from "../state/toasts.js";
import { makeNonce } from "./nonce.js";
import { wellFormed } from "./well_formed.js";

const PATIENCE = 15_000; // ms without an answer on a living connection: send again
const STALE = 24 * 3600_000; // ms: what was asked before is not meant any more
/**
 * The fields that a request may have beside its nonce.
 * @type {(keyof Amendment)[]}
 */
const FIELDS = ["type", "number", "text", "emoji", "on", "url", "files"];

const OFFLINE = { type: "error", code: "offline" };

/** @typedef {import("../state/types.js").Amendment} Amendment */
/** @typedef {import("../state/types.js").Described} Described */

/**
 * What an amendment is about. A later one about the same replaces one that isn't sent yet.
 * @param {Amendment} amendment
 */
const subject = ({ type, number, emoji, url }) =>
  `${type === "undelete" ? "delete" : type} ${number} ${emoji ?? url ?? ""}`;

/**
 * The texts of an edit, without half an emoji.
 * @param {{text?: string, files?: Described[]}} request
 */
const wholeText = ({ text, files }) => ({
  ...(text !== undefined && { text: wellFormed(text) }),
  ...(files && { files: files.map(({ id, description }) => ({ id, description: wellFormed(description) })) }),
});

export class Amendments {
  /** @type {Map<string, number>} by nonce: when it was sent */ #sent = new Map();
  /** @type {Map<string, (answer: any) => void>} */ #answers = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;
  #held = false;

  /**
   * @param {object} options
   * @param {import("../state/store.js").Store} options.store
   * @param {typeof import("../local/storage.js").storage} options.storage
   * @param {(request: object) => boolean} options.send
   * @param {string} options.prefix of the keys: one user, one room
   * @param {() => number} [options.now] ms
   */
  constructor({ store, storage, send, prefix, now = Date.now }) {
    this.store = store;
    this.storage = storage;
    this.send = send;
    this.prefix = prefix;
    this.now = now;
  }

  /** Restores what an earlier page left. */
  restore() {
    const kept = this.storage.keys(this.prefix).flatMap((key) => this.#load(key) ?? []);
    for (const amendment of kept.sort((a, b) => a.at.localeCompare(b.at))) {
      if (this.now() - Date.parse(amendment.at) > STALE || this.#isUrgent(amendment))
        this.storage.remove(this.prefix + amendment.nonce);
      else this.store.dispatch({ type: "amendment_requested", amendment });
    }
  }

  /**
   * Sends a request and shows it as done. A refusal undoes that and says so in a toast, as does a
   * lost connection where it acts on others.
   * @param {{type: string, number: number, text?: string, emoji?: string, on?: boolean,
   *   url?: string, files?: Described[]}} request
   * @returns {Promise<{type: string, code?: string, text?: string}>} the `receipt` or `error`, or
   *   `superseded` where it was superseded
   */
  request(request) {
    const amendment = /** @type {Amendment} */ ({
      ...request,
      nonce: makeNonce(),
      at: new Date(this.now()).toISOString(),
      ...wholeText(request),
    });
    amendment.urgent = this.#isUrgent(amendment);
    if (amendment.urgent && this.store.state.connection !== "connected") {
      this.store.dispatch({ type: "toasted", text: NO_CONNECTION });
      return Promise.resolve(OFFLINE);
    }
    const superseded = this.store.state.amendments.filter(
      (one) => subject(one) === subject(amendment) && !one.seq && !this.#sent.has(one.nonce),
    );
    for (const one of superseded) this.#settle(one.nonce, { type: "superseded" });
    this.store.dispatch({ type: "amendments_dropped", nonces: superseded.map((one) => one.nonce) });
    // A deletion that wasn't sent needs no undoing.
    if (amendment.type === "undelete" && superseded.some((one) => one.type === "delete"))
      return Promise.resolve({ type: "superseded" });
    if (!amendment.urgent) this.storage.set(this.prefix + amendment.nonce, JSON.stringify(amendment));
    this.store.dispatch({ type: "amendment_requested", amendment });
    const answer = new Promise((/** @type {(answer: any) => void} */ resolve) =>
      this.#answers.set(amendment.nonce, resolve),
    );
    this.flush();
    return answer;
  }

  /** Sends what may be sent. */
  flush() {
    const { amendments, ended } = this.store.state;
    if (this.#held || ended) return;
    // One at a time for each post, so their order holds.
    const busy = new Set(
      amendments.filter((amendment) => this.#sent.has(amendment.nonce)).map((amendment) => amendment.number),
    );
    for (const amendment of amendments) {
      if (amendment.seq || busy.has(amendment.number)) continue;
      if (
        !this.send({
          ...Object.fromEntries(
            FIELDS.filter((field) => field in amendment).map((field) => [field, amendment[field]]),
          ),
          nonce: amendment.nonce,
        })
      )
        return;
      busy.add(amendment.number);
      this.#sent.set(amendment.nonce, this.now());
    }
  }

  /**
   * After each event of the server has changed the state.
   * @param {{type: string, nonce?: string, code?: string, retry_after?: number}} event
   */
  received(event) {
    if (event.type === "hello") {
      this.#sent.clear();
      this.#resume();
    } else if (event.nonce && this.#sent.delete(event.nonce)) {
      if (event.type === "error" && (event.code === "rate_limited" || event.code === "unavailable")) {
        this.#held = true;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#resume(), 1000 * (event.retry_after ?? 2) + 50);
        return;
      }
      this.#settle(event.nonce, event);
      this.flush();
    }
  }

  /** Called every few seconds while connected. */
  tick() {
    for (const [nonce, at] of this.#sent) if (this.now() - at > PATIENCE) this.#sent.delete(nonce);
    this.flush();
  }

  /** The connection is lost: what acts on others and has no answer fails. */
  disconnected() {
    const lost = this.store.state.amendments.filter((one) => !one.seq && one.urgent);
    if (!lost.length) return;
    this.#fail(lost, OFFLINE);
    this.store.dispatch({ type: "toasted", text: NO_CONNECTION });
  }

  /** There is no way back into the room: all of them fail. */
  failAll() {
    this.#fail(this.store.state.amendments, { type: "error", code: "ended" });
  }

  /** Ends its timer. The next page of the room restores what is kept. */
  stop() {
    clearTimeout(this.#timer);
  }

  #resume() {
    clearTimeout(this.#timer);
    this.#held = false;
    this.flush();
  }

  /**
   * Whether it acts on others: it is kept for no later time.
   * @param {Amendment} amendment
   */
  #isUrgent({ type, number }) {
    const { lines, you } = this.store.state;
    if (type === "pin") return true;
    const line = /delete|dismiss/.test(type) && lines.find((one) => one.number === number);
    return Boolean(line && line.author !== you.name);
  }

  /** @param {Amendment[]} amendments @param {object} answer */
  #fail(amendments, answer) {
    const nonces = amendments.map((one) => one.nonce);
    for (const nonce of nonces) {
      this.#sent.delete(nonce);
      this.#settle(nonce, answer);
    }
    this.store.dispatch({ type: "amendments_dropped", nonces });
  }

  /** @param {string} nonce @param {object} answer */
  #settle(nonce, answer) {
    this.storage.remove(this.prefix + nonce);
    this.#answers.get(nonce)?.(answer);
    this.#answers.delete(nonce);
  }

  /** @param {string} key @returns {Amendment|null} */
  #load(key) {
    try {
      const amendment = JSON.parse(this.storage.get(key) ?? "");
      return Number.isInteger(amendment.number) &&
        typeof amendment.at === "string" &&
        this.prefix + amendment.nonce === key
        ? { ...amendment, ...wholeText(amendment) }
        : null;
    } catch {
      return null; // not ours, or cut short
    }
  }
}
