/**
 * The box in which one writes: grows, keeps its draft, proposes, sends on Enter, answers and edits
 * posts. Never disabled: what can't be sent waits in the outbox.
 */
import { commandOf, complete, isCommand } from "../../composing/completion.js";
import { Draft, quoted } from "../../local/drafts.js";
import { Lookups } from "../../server/lookups.js";
import { COUNTDOWN, excessOf } from "../../composing/length.js";
import { breakLine, pasteLink } from "../../composing/markup.js";
import { amended } from "../../state/overlay.js";
import { storage } from "../../local/storage.js";
import { part } from "../../dom/template.js";
import { applyEdit, selectedIn } from "../../composing/textbox.js";
import { n, t } from "../../words/texts.js";
import { CompletionMenu } from "./completion_menu.js";
import { withLoaded } from "../page/loading.js";
import { openEmojiPicker } from "./emoji_picker.js";
import { Preview } from "./preview.js";
import { Toolbar } from "./toolbar.js";
import { WritingMode } from "./writing_mode.js";

/** Where there is no keyboard beside the screen, Enter breaks the line and the button sends. */
const touch = matchMedia("(hover: none) and (pointer: coarse)");

/** @typedef {import("../../server/outbox.js").Quoted} Quoted */

export class ChatComposer extends HTMLElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {Draft} */ draft;
  /** @type {HTMLFormElement} */ form;
  /** @type {HTMLTextAreaElement} */ box;
  /** @type {HTMLElement} */ hint;
  /** @type {CompletionMenu} */ menu;
  /** @type {Lookups} */ lookups;
  /** @type {Toolbar} */ toolbar;
  /** @type {Preview} */ preview;
  /** @type {WritingMode} */ mode;
  /** @type {Quoted|null} what the draft answers */ #repliedTo = null;
  /** @type {number|null} the post whose text is in the box */ #edited = null;
  #hinted = "";

  /** @param {import("../../room.js").Page} page */
  start(page) {
    this.page = page;
    const { room, you } = page.store.state;
    const find = (/** @type {string} */ selector) => /** @type {any} */ (this.querySelector(selector));
    this.draft = new Draft(storage, you.name, room.name);
    this.form = find("#composer");
    this.box = find("#composer-text");
    this.hint = find("#composer-hint");
    this.lookups = new Lookups({ storage, user: you.name, onAnswer: () => this.#updateCompletion() });
    this.menu = new CompletionMenu(this.box, find("#completions"), (completion, item) =>
      this.#insertCompletion(completion, item),
    );
    this.preview = new Preview(
      find("#composer-preview"),
      this.box,
      find("[data-tool=preview]"),
      `/rooms/${encodeURIComponent(room.name)}/preview`,
      (why) => this.#showHint(why),
    );
    this.toolbar = new Toolbar(find("#composer-tools"), find("#composer-tools-opener"), this.box, {
      preview: () => this.preview.toggle(),
    });
    this.mode = new WritingMode(find("#composer-mode"), () => this.#leaveMode());
    this.box.enterKeyHint = touch.matches ? "enter" : "send";
    this.#listen();

    this.box.value = this.draft.text;
    this.#repliedTo = this.draft.repliedTo;
    if (this.#repliedTo) page.store.dispatch({ type: "replying", number: this.#repliedTo.number });
    page.store.watch(["commands", "room"], () => this.#updateHint());
    let restored = this.#repliedTo !== null;
    page.store.watch(["composing"], () => {
      this.#syncMode();
      if (!restored && (page.store.state.editing ?? page.store.state.replying) !== null) this.focus();
      restored = false;
    });
    this.#showMode();
    this.#updateHint();
    this.#resize();
    if (!touch.matches) this.focus();
  }

  #listen() {
    const { box, form, preview } = this;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    box.addEventListener("input", () => {
      this.#changed();
      if (this.#edited === null) this.page.typing.typed(box.value);
    });
    box.addEventListener("click", () => this.#updateCompletion());
    box.addEventListener("blur", () => this.menu.close());
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("paste", (event) => {
      const edit = pasteLink(selectedIn(box), event.clipboardData?.getData("text/plain") ?? "");
      if (!edit) return;
      event.preventDefault();
      applyEdit(box, edit);
    });
    const emoji = /** @type {HTMLElement} */ (form.querySelector("[data-tool=emoji]"));
    emoji.addEventListener("click", async () => {
      const chosen = await withLoaded(this.page.store, () => openEmojiPicker(emoji));
      if (chosen) this.insert(chosen);
      else this.focus();
    });
    preview.view.addEventListener("keydown", (event) => {
      if (event.key === "Escape") preview.toggle();
      else if (event.key === "Enter" && event.target === preview.view) this.#send();
      else return;
      event.preventDefault();
    });
    let width = this.offsetWidth;
    new ResizeObserver(() => {
      if (width === this.offsetWidth) return;
      width = this.offsetWidth;
      this.#resize();
    }).observe(this);
  }

  focus() {
    (this.preview.open ? this.preview.view : this.box).focus({ preventScroll: true });
  }

  /** Puts a refused message in front of what is there, to be written anew. @param {string} nonce */
  rewrite(nonce) {
    const { text, repliedTo, code } = this.page.outbox.discard(nonce);
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
   * The last of one's own posts that is here, into the box.
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

  #send() {
    // Of what was chosen a moment ago, too: the next frame may still be to come.
    this.#syncMode();
    const text = this.box.value.trimEnd();
    const { store, outbox, timeline, typing } = this.page;
    // From a page that can't come back the text stays where it is, as the draft.
    if (excessOf(this.box.value) > 0 || store.state.ended) return;
    if (this.#edited !== null) {
      this.#save(text);
      return;
    }
    const command = isCommand(text);
    if (!text.trim() || !outbox.post(text, command ? null : this.#repliedTo)) return;
    typing.posted();
    // A command answers no post: what the draft answers waits for the next one.
    if (!command) this.#setReply(null);
    const used = command && commandOf(`${text} `, store.state.commands);
    if (used) this.lookups.recents.command.use(used.name);
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
    if (!text.trim()) {
      this.#showHint(t("Nothing is left of it. Delete the message instead."));
      return;
    }
    const before = this.#textOf(number);
    this.#leaveMode();
    if (text === before) return;
    const answer = await this.page.amendments.request({ type: "edit", number, text });
    if (answer.type !== "error" || this.#edited !== null || answer.code === "ended") return;
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
    // While a word is being composed by an input method all keys are its own; 229 is how Safari
    // says so.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.menu.key(event) || this.toolbar.key(event)) return;
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
    if (this.#edited === null) this.draft.text = this.box.value;
    this.#resize();
    this.#updateHint();
    this.#updateCompletion();
  }

  #updateCompletion() {
    const { value, selectionStart, selectionEnd } = this.box;
    const here = selectionStart === selectionEnd && document.activeElement === this.box;
    // A post that is edited is a text, whatever it begins with.
    const possible = here && !(this.#edited !== null && value.startsWith("/"));
    this.menu.show(possible ? complete(value, selectionStart, this.page.store.state, this.lookups) : null);
  }

  /** What is wrong with the text, or the usage of the command while its arguments are typed. */
  #updateHint() {
    const excess = excessOf(this.box.value);
    const command =
      this.#edited === null ? commandOf(this.box.value, this.page.store.state.commands) : undefined;
    this.hint.classList.toggle("wrong", excess > 0);
    if (excess > 0) {
      this.#showHint(
        n(
          "Too long by {count} character. Send it in parts.",
          "Too long by {count} characters. Send it in parts.",
          excess,
        ),
      );
    } else if (excess > -COUNTDOWN) {
      this.#showHint(n("{count} character left", "{count} characters left", -excess));
    } else if (command) {
      const usage = document.createElement("code");
      usage.textContent = command.usage;
      this.#showHint(command.usage, usage, ` ${command.help}`);
    } else {
      this.#showHint("");
    }
  }

  /**
   * @param {string} text by which a change is known
   * @param {...(string|Node)} nodes what is shown, if not the text
   */
  #showHint(text, ...nodes) {
    if (text === this.#hinted) return;
    this.#hinted = text;
    this.hint.hidden = !text;
    this.hint.replaceChildren(...(nodes.length ? nodes : [text]));
  }

  /**
   * @param {import("../../composing/completion.js").Completion} completion
   * @param {import("../../composing/completion.js").Proposal} item
   */
  #insertCompletion({ from, to }, item) {
    this.lookups.use(item);
    const end = from + item.text.length;
    // The space after the caret is the one that would be put in.
    const spaced = item.text.endsWith(" ") && this.box.value[to] === " ";
    applyEdit(this.box, { from, to: spaced ? to + 1 : to, insert: item.text, start: end, end });
  }

  /** As high as its text; css/composer.css holds the most. */
  #resize() {
    if (this.box.hidden) return;
    // Held while the box is measured: the timeline above must not grow for that moment, or it would
    // lose its place.
    this.style.height = `${this.offsetHeight}px`;
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
    this.style.height = "";
  }
}
