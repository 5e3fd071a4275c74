/** The box in which one writes: grows, keeps its draft, proposes commands and names, sends on Enter. Never disabled. */
import { commandOf, complete } from "../completion.js";
import { storage } from "../storage.js";
import { n } from "../texts.js";
import { CompletionMenu } from "./completion_menu.js";

/** Characters; the server takes no more, and a frame far beyond it would end the connection. */
const MOST = 10_000;
/** Where there is no keyboard beside the screen, Enter breaks the line and the button sends. */
const touch = matchMedia("(hover: none) and (pointer: coarse)");

export class ChatComposer extends HTMLElement {
  /** @type {import("../room.js").Page} */ page;
  /** @type {string} */ draftKey;
  /** @type {HTMLFormElement} */ form;
  /** @type {HTMLTextAreaElement} */ box;
  /** @type {HTMLElement} */ hint;
  /** @type {CompletionMenu} */ menu;

  /** @param {import("../room.js").Page} page */
  start(page) {
    this.page = page;
    this.draftKey = `aiochat:draft:${page.store.state.you.name}:${page.store.state.room.name}`;
    this.form = /** @type {HTMLFormElement} */ (this.querySelector("#composer"));
    this.box = /** @type {HTMLTextAreaElement} */ (this.querySelector("#composer-text"));
    this.hint = /** @type {HTMLElement} */ (this.querySelector("#composer-hint"));
    this.menu = new CompletionMenu(this.box, /** @type {HTMLElement} */ (this.querySelector("#completions")), (completion, item) => this.#take(completion, item));
    this.box.enterKeyHint = touch.matches ? "enter" : "send";

    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.box.addEventListener("input", () => this.#changed());
    this.box.addEventListener("click", () => this.#propose());
    this.box.addEventListener("blur", () => this.menu.close());
    this.box.addEventListener("keydown", (event) => this.#key(event));
    let width = this.offsetWidth;
    new ResizeObserver(() => {
      if (width === this.offsetWidth) return;
      width = this.offsetWidth;
      this.#fit();
    }).observe(this);

    this.box.value = storage.get(this.draftKey) ?? "";
    page.store.watch(["commands", "room"], () => this.#explain());
    this.#explain();
    this.#fit();
    if (!touch.matches) this.focus();
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  /** Puts a text in front of what is there. @param {string} text */
  write(text) {
    this.box.value = this.box.value.trim() ? `${text}\n${this.box.value}` : text;
    this.focus();
    this.#changed();
  }

  #send() {
    const text = this.box.value;
    const { store, outbox, timeline } = this.page;
    // From a page that can't come back the text stays where it is, as the draft.
    if (!text.trim() || this.#excess() > 0 || store.state.ended || !outbox.post(text.trimEnd())) return;
    this.box.value = "";
    this.#changed();
    timeline.toLatest();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // While a word is being composed by an input method all keys are its own; 229 is how Safari says so.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.menu.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && !touch.matches) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape") {
      this.page.timeline.toLatest();
    }
  }

  #changed() {
    if (this.box.value) storage.set(this.draftKey, this.box.value);
    else storage.remove(this.draftKey);
    this.#fit();
    this.#explain();
    this.#propose();
  }

  #propose() {
    const { value, selectionStart, selectionEnd } = this.box;
    this.menu.show(selectionStart === selectionEnd ? complete(value, selectionStart, this.page.store.state) : null);
  }

  /** How many characters too many there are, as the server counts them. */
  #excess() {
    const { value } = this.box;
    return value.length > MOST ? [...value.trimEnd()].length - MOST : 0;
  }

  /** What is wrong with the text, or the usage of the command while its arguments are typed. */
  #explain() {
    const excess = this.#excess();
    this.hint.classList.toggle("wrong", excess > 0);
    if (excess > 0) {
      this.hint.hidden = false;
      this.hint.textContent = n("Too long by {count} character. Send it in parts.", "Too long by {count} characters. Send it in parts.", excess);
      return;
    }
    const command = commandOf(this.box.value, this.page.store.state.commands);
    this.hint.hidden = !command;
    const usage = document.createElement("code");
    usage.textContent = command?.usage ?? "";
    this.hint.replaceChildren(usage, ` ${command?.help ?? ""}`);
  }

  /** @param {import("../completion.js").Completion} completion @param {import("../completion.js").Proposal} item */
  #take({ from, to }, item) {
    this.box.setRangeText(item.text, from, to, "end");
    this.#changed();
  }

  /** As high as its text; css/composer.css holds the most. */
  #fit() {
    // Held while the box is measured: the timeline above must not grow for that moment, or it would lose its place.
    this.style.height = `${this.offsetHeight}px`;
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
    this.style.height = "";
  }
}
