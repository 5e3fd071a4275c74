/**
 * The files that go with the message in the box: chosen, pasted, or dropped anywhere on the room. They
 * begin to go to the server at once; `attached` is what the message takes with it.
 */
import { session } from "../../local/storage.js";
import { amended } from "../../state/overlay.js";
import { makeNonce } from "../../sending/nonce.js";
import { n, t } from "../../words/texts.js";
import { withLoaded } from "../page/loading.js";
import { watchDrops } from "./drops.js";

/** Of a message. */
const MOST = 10;

/** @typedef {import("../../state/types.js").OutgoingFile} OutgoingFile */
/** @typedef {import("../../sending/outbox.js").Attached} Attached */
/** @typedef {typeof import("../../sending/file_sending.js")} Sending */
/** @typedef {import("../../state/types.js").Described} Described */

export class Attachments {
  #batch = makeNonce();
  /** @type {OutgoingFile[]} */ #files = [];
  /** Loaded with the first file. @type {Sending|null} */ #sending = null;
  /** @type {import("./tray.js").Tray|null} */ #tray = null;
  #made = 0;
  /**
   * Loaded with the first message of files that is edited.
   * @type {import("./edited_files.js").EditedFiles|null}
   */
  #edited = null;
  /** @type {Map<number, Described[]>} by message: what was refused */ #refused = new Map();

  /** @param {import("../../room.js").Page} page */
  constructor(page) {
    this.page = page;
    this.composer = page.composer;
    const { you, key } = page.store.state;
    this.key = `aiochat:draft-files:${you.name}:${key}`;
    this.describedKey = `aiochat:draft-described:${you.name}:${key}`;
    this.input = /** @type {HTMLInputElement} */ (this.composer.querySelector("#composer-file"));
    void this.#restore();
  }

  /** The room is shown. @param {import("../../dom/lifetime.js").Lifetime} lifetime */
  start(lifetime) {
    const { signal } = lifetime;
    const button = /** @type {HTMLElement} */ (this.composer.querySelector("[data-tool=attach]"));
    button.addEventListener("click", () => this.input.click(), { signal });
    const choose = () => {
      void this.add([...(this.input.files ?? [])]);
      this.input.value = "";
    };
    this.input.addEventListener("change", choose, { signal });
    this.page.store.watch(["composing"], () => void this.#showEdited(), signal);
    void this.#showEdited();
    document.addEventListener("paste", (event) => this.#paste(event), { signal });
    watchDrops((files, problem) => {
      if (problem) this.composer.hint.show(problem);
      void this.add(files);
    }, signal);
  }

  /** What goes with the message; null where nothing does. @returns {Attached|null} */
  get attached() {
    return this.#files.length ? { batch: this.#batch, files: this.#files } : null;
  }

  /** Why it can't be sent as it is. */
  get problem() {
    return this.#files.some(({ state }) => state === "refused")
      ? t("A file couldn’t be sent: try it again, or remove it.")
      : "";
  }

  /** What is said of the files of the message that is edited. @param {number} number */
  describedIn(number) {
    return this.#edited?.of(number) ?? [];
  }

  /** @param {number} number */
  isDescribedAnew(number) {
    const before = this.#filesOf(number);
    const now = this.describedIn(number);
    return now.some(({ description }, place) => description !== before[place]?.description);
  }

  /**
   * An edit was refused: this is shown when it is edited again.
   * @param {number} number
   * @param {Described[]} files
   */
  describeAgain(number, files) {
    this.#refused.set(number, files);
  }

  /** The outbox has them now. */
  handOver() {
    this.#batch = makeNonce();
    this.#set([]);
  }

  /** Of a message that is written anew. @param {Attached} attached */
  async put({ batch, files }) {
    const before = this.attached;
    this.#batch = batch;
    this.#set(files);
    const sending = await this.#load();
    await sending?.sendFiles(batch, files);
    // They belong to one message now.
    if (before && sending) await this.#move(before, sending);
  }

  /** @param {Attached} before @param {Sending} sending */
  async #move(before, sending) {
    for (const file of before.files) {
      const blob = await sending.blobOf(before.batch, file);
      sending.cancelFile(before.batch, file);
      if (blob) await this.add([new File([blob], file.name, { type: file.type })], file.description);
    }
  }

  /** @param {File[]} files @param {string} [description] */
  async add(files, description = "") {
    if (!files.length) return;
    const sending = await this.#load();
    if (!sending) return;
    const room = MOST - this.#files.length;
    const most = n("At most {count} file in a message.", "At most {count} files in a message.", MOST);
    if (files.length > room) this.composer.hint.show(most);
    const taken = files.slice(0, Math.max(room, 0));
    const made = taken.map(({ name, type, size }) => this.#newFile(name, type, size, description));
    for (const [place, file] of made.entries()) sending.keepAndSend(this.#batch, file, taken[place]);
    this.#set([...this.#files, ...made]);
    this.composer.focus();
  }

  /** @param {string} name @param {string} type @param {number} size @param {string} description */
  #newFile(name, type, size, description) {
    const key = `${Date.now()}.${(this.#made += 1)}`;
    return { key, name, type, size, description, state: /** @type {const} */ ("waiting") };
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const { clipboardData: data, target } = event;
    const isElsewhere = /** @type {Element} */ (target).matches?.("input, textarea, [contenteditable]");
    // Words that were copied together with how they look are words.
    if (!data?.files.length || data.types.includes("text/plain")) return;
    if ((isElsewhere && target !== this.composer.box) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    void this.add([...data.files]);
  }

  /** @param {number} number of a message @returns {import("../../state/types.js").SharedFile[]} */
  #filesOf(number) {
    const { state } = this.page.store;
    const line = state.lines.find((one) => one.number === number);
    return (line && amended(state, line).files) ?? [];
  }

  async #showEdited() {
    const { store } = this.page;
    if (!this.#edited) {
      if (store.state.editing === null || !this.#filesOf(store.state.editing).length) return;
      const before = /** @type {HTMLElement} */ (this.composer.querySelector("#attachments"));
      this.#edited = await withLoaded(store, async () => {
        const { EditedFiles } = await import("./edited_files.js");
        const acts = { leave: () => this.#leave(), typed: this.#keepTyped };
        return this.#edited ?? new EditedFiles(before, acts);
      });
    }
    const { editing } = store.state;
    if (editing === null) {
      session.remove(this.describedKey);
      this.#edited?.show(null, [], []);
    } else {
      const typed = this.#refused.get(editing) ?? readTyped(session.get(this.describedKey), editing);
      this.#edited?.show(editing, this.#filesOf(editing), typed);
    }
    this.#refused.clear();
  }

  /** It survives a reload, as the text does. @param {number} number @param {Described[]} files */
  #keepTyped = (number, files) => session.set(this.describedKey, JSON.stringify({ number, files }));

  #leave() {
    this.page.store.dispatch({ type: "editing", number: null });
    this.composer.focus();
  }

  /** @returns {Promise<Sending|null>} null if it couldn't be loaded */
  async #load() {
    const { store } = this.page;
    this.#sending ??= await withLoaded(store, async () => {
      const [found, { Tray }] = await Promise.all([
        import("../../sending/file_sending.js"),
        import("./tray.js"),
      ]);
      this.#tray ??= new Tray(/** @type {HTMLElement} */ (this.composer.querySelector("#attachments")), {
        describe: (key, description) => this.#change(key, { description }),
        remove: (key) => this.#remove(key),
        retry: (key) => this.#retry(key),
        blobOf: (file) => found.blobOf(this.#batch, file),
      });
      found.watchFiles((batch, key, changes) => {
        if (batch === this.#batch) this.#change(key, changes);
      }, this.page.roomLifetime.signal);
      this.#tray.show(this.#files);
      return found;
    });
    return this.#sending;
  }

  /** What this tab had before a reload. */
  async #restore() {
    const kept = readKept(session.get(this.key));
    if (!kept) return;
    this.#batch = kept.batch;
    this.#set(kept.files);
    const sending = await this.#load();
    await sending?.sendFiles(kept.batch, kept.files);
  }

  /** @param {string} key @param {Partial<OutgoingFile>} changes */
  #change(key, changes) {
    this.#set(this.#files.map((file) => (file.key === key ? { ...file, ...changes } : file)));
  }

  /** @param {OutgoingFile[]} files */
  #set(files) {
    this.#files = files;
    if (files.length) session.set(this.key, JSON.stringify({ batch: this.#batch, files }));
    else session.remove(this.key);
    this.#tray?.show(files);
  }

  /** @param {string} key */
  #remove(key) {
    const file = this.#files.find((one) => one.key === key);
    if (file) this.#sending?.cancelFile(this.#batch, file);
    this.#set(this.#files.filter((one) => one !== file));
    if (!this.#files.length) this.composer.focus();
  }

  /** @param {string} key */
  #retry(key) {
    void this.#sending?.sendFiles(
      this.#batch,
      this.#files.filter((file) => file.key === key),
    );
  }
}

/** @param {string|null} text @returns {Attached|null} */
function readKept(text) {
  try {
    const { batch, files } = JSON.parse(text ?? "");
    return typeof batch === "string" && Array.isArray(files) && files.length ? { batch, files } : null;
  } catch {
    return null; // nothing, or not ours
  }
}

/** @param {string|null} text @param {number} number of the message @returns {Described[]} */
function readTyped(text, number) {
  try {
    const { number: of, files } = JSON.parse(text ?? "");
    return of === number && Array.isArray(files) ? files.filter(isDescribed) : [];
  } catch {
    return []; // nothing, or not ours
  }
}

/** @param {any} one */
const isDescribed = (one) => typeof one?.id === "string" && typeof one.description === "string";
