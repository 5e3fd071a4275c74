/**
 * Messages without an answer yet. Each is kept in the browser under its nonce until the server has
 * answered, so a reload or a lost connection loses nothing, and sending it again is harmless. One
 * is sent at a time, so the order holds even when the server asks to wait. A tab that is open sends
 * what was written in it; after its end another tab of the same room does.
 *
 * A command goes now or fails, unless it only says something.
 */
import { commandOf, isCommand } from "../composing/commands.js";
import { NO_CONNECTION } from "../state/toasts.js";
import { t } from "../words/texts.js";
import { makeNonce } from "./nonce.js";
import { wellFormed } from "./well_formed.js";

const OVERDUE = 5_000; // an answer that took so long makes one doubt the connection
const PATIENCE = 15_000; // without an answer for so long on a living connection: send again
const MAX_TRIES = 4; // on one living connection: what isn't answered then keeps nothing else back
const STALE = 24 * 3600_000; // found after a day, a line isn't sent without asking
/** Errors of frames that can't be read: whose, the server can't always tell. */
export const UNREADABLE = ["bad_json", "bad_request", "bad_frame"];
/** At most so many wait; beyond that the composer keeps its text. */
export const MAX_PENDING = 200;

/**
 * @typedef {import("../state/types.js").Pending & {order: number, tab?: string}} Entry
 * @typedef {(tab: string, then: () => void) => void} WhenTabCloses calls `then` once the tab is
 *   gone
 * @typedef {{number: number, author: string, text: string, files?: import("../state/types.js").FileKind}}
 *   Quoted the post that is answered, and how it begins
 * @typedef {import("../state/types.js").OutgoingFile} OutgoingFile
 * @typedef {{batch: string, files: OutgoingFile[]}} Attached
 * @typedef {object} Files what brings them to the server
 * @property {(attached: Attached) => void} send tells `fileChanged`, also of what is there already
 * @property {(attached: Attached) => void} cancel
 * @property {(batch: string) => void} arrived
 */

/** @type {Files} */
const NO_FILES = { send() {}, cancel() {}, arrived() {} };

export class Outbox {
  #sentAt = 0;
  /** How often the one that is sent was sent on this connection and not answered. */
  #tries = { nonce: "", count: 0 };
  #order = 0;
  /** Whose uploads the server had lost. */
  #uploadedAgain = "";
  /** Tabs whose end is waited for. @type {Set<string>} */ #others = new Set();
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;

  /**
   * @param {object} options
   * @param {import("../state/store.js").Store} options.store
   * @param {typeof import("../local/storage.js").storage} options.storage
   * @param {(request: object) => boolean} options.send
   * @param {string} options.prefix of the keys: one user, one room
   * @param {string} [options.tab] this tab's name
   * @param {(tab: string, then: () => void) => void} [options.whenTabCloses] calls when another tab
   *   is gone; left out where nobody can know: then what is kept is taken up whoever may be sending
   *   it
   * @param {Files} [options.files]
   * @param {() => number} [options.now] ms
   */
  constructor({ store, storage, send, prefix, tab = "", whenTabCloses, files = NO_FILES, now = Date.now }) {
    this.store = store;
    this.storage = storage;
    this.send = send;
    this.prefix = prefix;
    this.tab = tab;
    this.whenTabCloses = whenTabCloses;
    this.files = files;
    this.now = now;
  }

  /** Restores what earlier pages left, and what other tabs leave when they close. */
  restore() {
    const kept = this.#loadAll();
    // After what an earlier page wrote, also when the clock was set back meanwhile.
    this.#order = kept.at(-1)?.order ?? 0;
    this.#restoreEntries(kept.filter((entry) => !this.whenTabCloses || !entry.tab || entry.tab === this.tab));
    for (const { tab } of kept) if (tab) this.#watchTab(tab);
  }

  /**
   * Another tab changed the storage.
   * @param {string|null} key
   * @param {string|null} value null: it is gone from there
   */
  changedElsewhere(key, value) {
    if (!key?.startsWith(this.prefix)) return;
    if (value !== null) {
      const tab = this.#load(key)?.tab;
      if (tab) this.#watchTab(tab);
      return;
    }
    // Answered or discarded there: it must not be sent here. What is sent already gets its own
    // answer.
    const nonce = key.slice(this.prefix.length);
    const entry = this.#find(nonce);
    if (entry && (entry.stage === "waiting" || entry.stage === "refused"))
      this.store.dispatch({ type: "discarded", nonce });
  }

  /**
   * @param {string} text
   * @param {Quoted|null} [repliedTo] the post that it answers
   * @param {Attached|null} [attached] they may still be on their way
   * @returns {boolean} false if there is no more room, or no connection for a command
   */
  post(text, repliedTo = null, attached = null) {
    if (this.store.state.pending.length >= MAX_PENDING || !this.#isTaken(text)) return false;
    text = wellFormed(text);
    // No two are the same, even within a millisecond.
    this.#order = Math.max(this.#order + 1, this.now());
    const reply = repliedTo
      ? {
          reply_to: repliedTo.number,
          quote: {
            author: repliedTo.author,
            text: repliedTo.text,
            ...(repliedTo.files && { files: repliedTo.files }),
          },
        }
      : {};
    const entry = {
      nonce: makeNonce(),
      text,
      at: new Date(this.now()).toISOString(),
      order: this.#order,
      ...reply,
      ...attached,
      ...(isCommand(text) && { after: this.store.state.lastSeq }),
    };
    this.#save(entry);
    this.store.dispatch({ type: "written", entry });
    if (attached) this.files.send(attached);
    this.flush();
    return true;
  }

  /**
   * Sends the first waiting one, if no other is unanswered. One whose files are on their way keeps nothing
   * back.
   */
  flush() {
    const { pending, held, ended } = this.store.state;
    if (held || ended || pending.some((entry) => entry.stage === "sent")) return;
    const next = pending.find(
      ({ stage, files = [] }) => stage === "waiting" && files.every(({ state }) => state === "ready"),
    );
    if (!next) return;
    const { nonce, text, reply_to } = next;
    const files = next.files?.map(({ id, description }) => ({ id, description }));
    if (!this.send({ type: "post", nonce, text, reply_to, files })) return;
    this.#sentAt = this.now();
    this.#tries = { nonce: next.nonce, count: this.#tries.nonce === next.nonce ? this.#tries.count + 1 : 1 };
    this.store.dispatch({ type: "staged", nonces: [next.nonce], stage: "sent" });
  }

  /**
   * After each event of the server has changed the state.
   * @param {{type: string, nonce?: string, code?: string, text?: string, retry_after?: number}} event
   */
  received(event) {
    if (event.type === "hello") {
      this.#tries = { nonce: "", count: 0 };
      this.#resume();
      return;
    }
    if (!event.nonce) {
      if (event.type === "error" && UNREADABLE.includes(event.code ?? "")) this.#refuseSent(event.text);
      return;
    }
    if (event.nonce === this.#tries.nonce) this.#tries.count = 0;
    if (event.type === "error") this.#refused(event);
    else this.#arrived(event.nonce);
    this.flush();
  }

  /** @param {string} nonce */
  #arrived(nonce) {
    const batch = this.#load(this.prefix + nonce)?.batch;
    this.storage.remove(this.prefix + nonce);
    if (batch) this.files.arrived(batch);
  }

  /** @param {string} batch @param {string} key @param {Partial<OutgoingFile>} changes */
  fileChanged(batch, key, changes) {
    const entry = this.store.state.pending.find((one) => one.batch === batch);
    if (!entry) return;
    const before = entry.files?.find((file) => file.key === key);
    this.store.dispatch({ type: "file_changed", nonce: entry.nonce, key, changes });
    if (before?.id === changes.id && before?.state === changes.state) return;
    this.#save(entry);
    if (changes.state === "refused" && entry.stage === "waiting")
      this.#stage([entry], "refused", `${before?.name}: ${changes.reason}`);
    this.flush();
  }

  /** Whether an answer takes suspiciously long. */
  get overdue() {
    return (
      this.now() - this.#sentAt > OVERDUE && this.store.state.pending.some((entry) => entry.stage === "sent")
    );
  }

  /** Called every few seconds while connected. */
  tick() {
    if (this.now() - this.#sentAt > PATIENCE) {
      if (this.#tries.count >= MAX_TRIES) this.#refuseSent(t("The server didn't answer this."));
      else this.requeue();
    }
    this.flush();
  }

  /**
   * The connection is lost: what was sent and not answered waits again, but for commands.
   * @param {"waiting"|"refused"} stage
   * @param {string} [reason]
   */
  requeue(stage = "waiting", reason) {
    const { pending } = this.store.state;
    const open = pending.filter((entry) => entry.stage === "sent" || entry.stage === "waiting");
    const failed = open.filter((entry) => stage === "refused" || !this.#isTaken(entry.text));
    const again = open.filter((entry) => entry.stage === "sent" && !failed.includes(entry));
    this.#stage(failed, "refused", reason ?? NO_CONNECTION);
    this.#stage(again, "waiting");
  }

  /** Sends a refused one again. @param {string} nonce */
  retry(nonce) {
    const entry = this.#find(nonce);
    if (!entry || !this.#isTaken(entry.text)) return;
    if (entry.code === "nonce_reused") {
      // The nonce is used: the text gets another one.
      const { text, repliedTo, attached } = this.take(nonce);
      this.post(text, repliedTo, attached);
      return;
    }
    this.#sendAgain(entry);
  }

  /** @param {import("../state/types.js").Pending} entry */
  #sendAgain(entry) {
    const { batch, files } = entry;
    // An upload that the server knows no more begins anew.
    const isLost = entry.code === "no_such_file";
    entry.code = undefined;
    if (isLost) entry.files = files?.map((file) => ({ ...file, state: "refused", id: undefined }));
    this.#stage([entry], "waiting");
    if (batch && entry.files) this.files.send({ batch, files: entry.files });
    this.flush();
  }

  /** @param {string} nonce */
  discard(nonce) {
    const { attached } = this.take(nonce);
    if (attached) this.files.cancel(attached);
  }

  /**
   * It isn't sent.
   * @param {string} nonce
   * @returns {{text: string, repliedTo: Quoted|null, attached: Attached|null, code?: string}} what it said,
   *   for writing it anew
   */
  take(nonce) {
    const { text = "", reply_to, quote, code, batch, files } = this.#find(nonce) ?? {};
    this.storage.remove(this.prefix + nonce);
    this.store.dispatch({ type: "discarded", nonce });
    this.flush();
    const repliedTo = reply_to && quote ? { number: reply_to, ...quote } : null;
    return { text, repliedTo, attached: batch && files ? { batch, files } : null, code };
  }

  /** Ends its timer. The next page of the room restores what is kept. */
  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {any} event */
  #refused(event) {
    if (event.code === "rate_limited" || event.code === "unavailable") {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#resume(), 1000 * (event.retry_after ?? 2) + 50);
      return;
    }
    const entry = this.#find(event.nonce);
    if (entry && event.code === "no_such_file" && this.#uploadedAgain !== event.nonce) {
      this.#uploadedAgain = event.nonce;
      this.#sendAgain(entry);
    } else if (entry) this.#save(entry);
  }

  /** What is sent keeps nothing back any more: its author decides. @param {string} [reason] */
  #refuseSent(reason = NO_CONNECTION) {
    this.#tries = { nonce: "", count: 0 };
    const sent = this.store.state.pending.filter((entry) => entry.stage === "sent");
    this.#stage(sent, "refused", reason);
    this.flush();
  }

  #resume() {
    clearTimeout(this.#timer);
    this.store.dispatch({ type: "released" });
    this.flush();
  }

  /**
   * @param {import("../state/types.js").Pending[]} entries
   * @param {"waiting"|"refused"} stage
   * @param {string} [reason]
   */
  #stage(entries, stage, reason) {
    if (!entries.length) return;
    this.store.dispatch({ type: "staged", nonces: entries.map((entry) => entry.nonce), stage, reason });
    for (const entry of entries) this.#save(entry);
  }

  /** Whether it may wait for a connection, or needs not. @param {string} text */
  #isTaken(text) {
    return this.store.state.connection === "connected" || !this.#isUrgent(text);
  }

  /** @param {string} text */
  #isUrgent(text) {
    return isCommand(text) && !commandOf(`${text} `, this.store.state.commands)?.says;
  }

  /** @param {string} nonce */
  #find(nonce) {
    return this.store.state.pending.find((entry) => entry.nonce === nonce);
  }

  /** @param {any} entry an Entry of this page, or one from before a reload */
  #save({ nonce, text, at, order, stage, reason, reply_to, quote, after, batch, files }) {
    const kept = {
      nonce,
      text,
      at,
      order,
      reply_to,
      quote,
      after,
      batch,
      files,
      reason: stage === "refused" ? reason : this.#isUrgent(text) ? NO_CONNECTION : undefined,
      tab: this.tab || undefined,
    };
    this.storage.set(this.prefix + nonce, JSON.stringify(kept));
  }

  /** In the order of writing. */
  #loadAll() {
    const kept = this.storage.keys(this.prefix).flatMap((key) => this.#load(key) ?? []);
    return kept.sort((a, b) => a.order - b.order);
  }

  /** @param {Entry[]} entries */
  #restoreEntries(entries) {
    for (const entry of entries) {
      if (!entry.reason && this.now() - Date.parse(entry.at) > STALE)
        entry.reason = t("Not sent yet, and more than a day old.");
      const stage = /** @type {"refused"|"waiting"} */ (entry.reason ? "refused" : "waiting");
      this.store.dispatch({ type: "written", entry: { ...entry, stage } });
      this.#save({ ...entry, stage });
      const { batch, files } = entry;
      if (batch && files && stage === "waiting") this.files.send({ batch, files });
    }
    this.flush();
  }

  /**
   * The first tab that is told writes its own name on the entries, so the next one finds none.
   * @param {string} tab
   */
  #watchTab(tab) {
    if (!this.whenTabCloses || tab === this.tab || this.#others.has(tab)) return;
    this.#others.add(tab);
    this.whenTabCloses(tab, () => {
      this.#others.delete(tab);
      this.#restoreEntries(this.#loadAll().filter((entry) => entry.tab === tab));
    });
  }

  /** @param {string} key @returns {Entry|null} */
  #load(key) {
    try {
      const entry = JSON.parse(this.storage.get(key) ?? "");
      if (typeof entry.text !== "string" || this.prefix + entry.nonce !== key) return null;
      return { ...entry, text: wellFormed(entry.text) };
    } catch {
      return null; // not ours, or cut short
    }
  }
}
