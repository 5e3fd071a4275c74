/**
 * The composer: its box grows with the text, keeps a draft, completes words, sends on Enter,
 * replies and edits. It is never disabled, since what can't be sent waits in the outbox.
 */
import { withBase } from "../../local/address.js";
import { PageElement } from "../page_element.js";
import { commandOf, isCommand } from "../../composing/commands.js";
import { mayNeedYes } from "../../composing/questions.js";
import { growToText } from "../../dom/growing_box.js";
import { Draft } from "../../local/drafts.js";
import { excessOf } from "../../composing/length.js";
import { breakLine, pasteLink } from "../../composing/markup.js";
import { amended } from "../../state/overlay.js";
import { quoted } from "../../state/quotes.js";
import { NO_CONNECTION } from "../../state/toasts.js";
import { tabStorage } from "../../local/storage.js";
import { part } from "../../dom/template.js";
import { applyEdit, selectedIn } from "../../composing/textbox.js";
import { t } from "../../words/texts.js";
import { withLoaded } from "../page/loading.js";
import { openEmojiPicker } from "./emoji_picker.js";
import { Hint } from "./hint.js";
import { Preview } from "./preview.js";
import { WritingMode } from "./writing_mode.js";

/** Where there is no keyboard beside the screen, Enter breaks the line and the button sends. */
const touch = matchMedia("(hover: none) and (pointer: coarse)");

/** @typedef {import("../../sending/outbox.js").Quoted} Quoted */

export class ChatComposer extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {Draft} */ draft;
  /** @type {HTMLFormElement} */ form;
  /** @type {HTMLTextAreaElement} */ box;
  /** @type {Hint} */ hint;
  /** Once they are loaded. @type {import("./writing_aids.js").WritingAids|null} */ #aids = null;
  /** The same. @type {import("./attachments.js").Attachments|null} */ attachments = null;
  /** @type {Preview} */ preview;
  /** @type {WritingMode} */ mode;
  /** @type {Quoted|null} what the draft answers */ #repliedTo = null;
  /** @type {number|null} the post whose text is in the box */ #edited = null;

  /** @param {import("../../room.js").Page} page */
  start(page) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    const isBack = this.page === page;
    this.page = page;
    const { key, room, you } = page.store.state;
    this.draft = new Draft(tabStorage, you.name, key);
    const find = (/** @type {string} */ selector) => /** @type {any} */ (this.querySelector(selector));
    this.form = find("#composer");
    this.box = find("#composer-text");
    if (!isBack) this.hint = new Hint(find("#composer-hint"));
    this.preview = new Preview(
      find("#composer-preview"),
      this.box,
      find("[data-tool=preview]"),
      withBase(`/rooms/${encodeURIComponent(room.name)}/preview`),
      (why) => this.hint.show(why),
    );
    this.mode = new WritingMode(find("#composer-mode"), () => this.#leaveMode(), signal);
    this.box.enterKeyHint = touch.matches ? "enter" : "send";
    this.#listen(lifetime);
    void this.#loadAids(lifetime);

    // What is half edited stays, where the room is only shown again.
    if (!isBack) this.#restore();
    page.store.watch(["commands", "room"], () => this.#updateHint(), signal);
    let restored = !isBack && this.#repliedTo !== null;
    page.store.watch(
      ["composing"],
      () => {
        this.#syncMode();
        if (!restored && (page.store.state.editing ?? page.store.state.replying) !== null) this.focus();
        restored = false;
      },
      signal,
    );
    this.#showMode();
    this.#updateHint();
    this.#resize();
    if (!touch.matches) this.focus();
  }

  /** The draft, which an earlier page may have left. */
  #restore() {
    const { text, repliedTo, edit } = this.draft;
    const { store } = this.page;
    this.#edited = null;
    this.box.value = text;
    this.#repliedTo = repliedTo;
    if (repliedTo) store.dispatch({ type: "replying", number: repliedTo.number });
    if (!edit || this.#textOf(edit.number) === undefined) return;
    store.dispatch({ type: "editing", number: edit.number });
    this.#syncMode();
    this.#setText(edit.text);
  }

  /** @param {import("../../dom/lifetime.js").Lifetime} lifetime */
  #listen(lifetime) {
    const { signal } = lifetime;
    const { box, form, preview } = this;
    form.addEventListener("submit", (event) => this.#submit(event), { signal });
    box.addEventListener("input", () => this.#input(), { signal });
    box.addEventListener("click", () => this.#aids?.completer.update(), { signal });
    box.addEventListener("blur", () => this.#aids?.completer.menu.close(), { signal });
    box.addEventListener("keydown", (event) => this.#key(event), { signal });
    box.addEventListener("paste", (event) => this.#paste(event), { signal });
    const emoji = /** @type {HTMLElement} */ (form.querySelector("[data-tool=emoji]"));
    emoji.addEventListener("click", () => this.#insertEmoji(emoji), { signal });
    preview.view.addEventListener("keydown", (event) => this.#previewKey(event), { signal });
    let width = this.offsetWidth;
    const resized = new ResizeObserver(() => {
      if (width === this.offsetWidth) return;
      width = this.offsetWidth;
      this.#resize();
    });
    resized.observe(this);
    lifetime.disconnect(resized);
  }

  /** @param {import("../../dom/lifetime.js").Lifetime} lifetime */
  async #loadAids(lifetime) {
    const { WritingAids } = await import("./writing_aids.js");
    // A post that is edited is a text, whatever it begins with.
    if (!lifetime.ended) this.#aids = new WritingAids(this, () => this.#edited !== null, lifetime);
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    this.#send();
  }

  #input() {
    this.#changed();
    if (this.#edited === null) this.page.typing.typed(this.box.value);
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const edit = pasteLink(selectedIn(this.box), event.clipboardData?.getData("text/plain") ?? "");
    if (!edit) return;
    event.preventDefault();
    applyEdit(this.box, edit);
  }

  /** @param {HTMLElement} button */
  async #insertEmoji(button) {
    const chosen = await withLoaded(this.page.store, () => openEmojiPicker(button));
    if (chosen) this.insert(chosen);
    else this.focus();
  }

  /** @param {KeyboardEvent} event */
  #previewKey(event) {
    if (event.key === "Escape") this.preview.toggle();
    else if (event.key === "Enter" && event.target === this.preview.view) this.#send();
    else return;
    event.preventDefault();
  }

  focus() {
    (this.preview.open ? this.preview.view : this.box).focus({ preventScroll: true });
  }

  /** Puts a refused message in front of what is there, to be written anew. @param {string} nonce */
  rewrite(nonce) {
    const { text, repliedTo, attached, code } = this.page.outbox.take(nonce);
    if (attached) this.attachments?.put(attached);
    if (this.#edited !== null) this.#leaveMode();
    if (!this.#repliedTo && repliedTo && code !== "no_such_message" && code !== "deleted")
      this.#setReply(repliedTo);
    this.#setText(this.box.value.trim() ? `${text}\n${this.box.value}` : text);
    this.focus();
  }

  /** Puts something in at the caret. @param {string} text */
  insert(text) {
    const { start, end } = selectedIn(this.box);
    this.preview.close();
    applyEdit(this.box, {
      from: start,
      to: end,
      insert: text,
      start: start + text.length,
      end: start + text.length,
    });
  }

  /**
   * Puts the newest own post on the page into the box.
   * @returns {boolean} whether there is one
   */
  editLast() {
    const { lines, you } = this.page.store.state;
    const last = lines.findLast(
      ({ number, author }) => number && author === you.name && this.#textOf(number) !== undefined,
    );
    if (!last) return false;
    this.page.store.dispatch({ type: "editing", number: last.number });
    this.#syncMode();
    return true;
  }

  /** Asks before what can't be taken back. @param {string} text */
  async #ask(text) {
    const { store } = this.page;
    const asks = async () => (await import("./question.js")).sureText(text, store.state);
    const sure = await withLoaded(store, asks);
    if (!sure || this.box.value.trimEnd() !== text) return;
    this.box.value = sure;
    this.#send(true);
  }

  #send(isSure = false) {
    // Of what was chosen a moment ago, too: the next frame may still be to come.
    this.#syncMode();
    const text = this.box.value.trimEnd();
    const { store, outbox, timeline, typing } = this.page;
    // From a page that can't come back the text stays where it is, as the draft.
    if (excessOf(this.box.value) > 0 || store.state.ended) return;
    if (!isSure && mayNeedYes(text, store.state)) {
      this.#ask(text);
      return;
    }
    if (this.#edited !== null) {
      this.#save(text);
      return;
    }
    const command = isCommand(text);
    // They don't go with a command: they wait for the next message.
    const attached = command ? null : (this.attachments?.attached ?? null);
    if (!text.trim() && !attached) return;
    const problem = attached && this.attachments?.problem;
    if (problem || !outbox.post(text, command ? null : this.#repliedTo, attached)) {
      this.hint.show(problem || NO_CONNECTION);
      return;
    }
    if (attached) this.attachments?.handOver();
    typing.posted();
    // A command answers no post: what the draft answers waits for the next one.
    if (!command) this.#setReply(null);
    if (command) this.#aids?.completer.used(text);
    this.#setText("");
    this.focus();
    timeline.toLatest();
  }

  /**
   * Asks for the edit and is back at the draft; a refusal, which a toast tells, brings the text
   * back.
   * @param {string} text
   */
  async #save(text) {
    const number = /** @type {number} */ (this.#edited);
    const before = this.#textOf(number);
    const files = this.attachments?.describedIn(number) ?? [];
    if (!text.trim() && text !== before && !files.length) {
      this.hint.show(t("Nothing is left of it. Delete the message instead."));
      return;
    }
    const isSame = text === before && !this.attachments?.isDescribedAnew(number);
    this.#leaveMode();
    if (isSame) return;
    const edit = { type: "edit", number, text, ...(files.length && { files }) };
    const answer = await this.page.amendments.request(edit);
    if (answer.type !== "error" || this.#edited !== null || answer.code === "ended") return;
    this.attachments?.describeAgain(number, files);
    this.page.store.dispatch({ type: "editing", number });
    this.#syncMode();
    if (this.#edited === number) this.#setText(text);
    else this.#setText(this.box.value.trim() ? `${text}\n${this.box.value}` : text);
  }

  /** @param {number} number @returns {string|undefined} */
  #textOf(number) {
    const { state } = this.page.store;
    const line = state.lines.find((one) => one.number === number);
    const shown = line && amended(state, line);
    return shown?.deleted ? undefined : shown?.text;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // While an input method composes a word, all keys belong to it; Safari says so by 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.#aids?.key(event)) return;
    const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.key === "Enter" && !event.altKey) {
      if (!event.shiftKey && (!touch.matches || event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.#send();
        return;
      }
      const edit = breakLine(selectedIn(this.box));
      if (!edit) return;
      event.preventDefault();
      applyEdit(this.box, edit);
    } else if (event.key === "Escape") {
      if (!this.#leaveMode()) this.page.timeline.toLatest();
    } else if (
      event.key === "ArrowUp" &&
      plain &&
      !this.box.value &&
      this.#edited === null &&
      this.editLast()
    ) {
      event.preventDefault();
    }
  }

  /** Ends editing, or else replying. @returns {boolean} whether there was anything to leave */
  #leaveMode() {
    const { store } = this.page;
    if (this.#edited === null && !this.#repliedTo) return false;
    if (this.#edited !== null) {
      store.dispatch({ type: "editing", number: null });
      this.#syncMode();
    } else {
      this.#setReply(null);
    }
    this.focus();
    return true;
  }

  /** @param {Quoted|null} repliedTo */
  #setReply(repliedTo) {
    this.#repliedTo = repliedTo;
    this.draft.repliedTo = repliedTo;
    if (this.page.store.state.replying !== (repliedTo?.number ?? null))
      this.page.store.dispatch({ type: "replying", number: repliedTo?.number ?? null });
    this.#showMode();
  }

  /**
   * Brings the box to the state: what is to be edited or answered may be chosen anywhere in the
   * page.
   */
  #syncMode() {
    const { store } = this.page;
    const { editing, replying, lines } = store.state;
    if (editing !== this.#edited) {
      const text = editing === null ? this.draft.text : this.#textOf(editing);
      if (text === undefined) {
        store.dispatch({ type: "editing", number: this.#edited });
        if (this.#edited === null && this.#repliedTo)
          store.dispatch({ type: "replying", number: this.#repliedTo.number });
        return;
      }
      this.preview.close();
      this.#edited = editing;
      this.#setText(text);
      // What the draft answers was left aside, unless it is another post now.
      if (editing === null && replying === null && this.#repliedTo)
        store.dispatch({ type: "replying", number: this.#repliedTo.number });
    }
    const { replying: number } = store.state;
    if (editing === null && number !== (this.#repliedTo?.number ?? null)) {
      const line = lines.find((one) => one.number === number);
      this.#setReply(number === null ? null : quoted(line ?? { number, author: "", text: "" }));
    }
    this.#showMode();
  }

  #showMode() {
    const editing = this.#edited !== null;
    this.mode.show(editing, this.#repliedTo);
    const send = /** @type {HTMLElement} */ (this.form.querySelector(".send-button"));
    send.title = part(send, "text").textContent = editing ? t("Save") : t("Send");
  }

  /** @param {string} text in the place of what is in the box */
  #setText(text) {
    this.preview.close();
    this.box.value = text;
    this.#changed();
  }

  #changed() {
    this.draft.keep(this.box.value, this.#edited);
    this.#resize();
    this.#updateHint();
    this.#aids?.completer.update();
  }

  #updateHint() {
    const { commands } = this.page.store.state;
    this.hint.update(this.box.value, this.#edited === null ? commandOf(this.box.value, commands) : undefined);
  }

  #resize = () => growToText(this.box, this);
}
