/**
 * Several messages are selected: by Shift and a press, by the menu, by keys. While some are, a press
 * on a message selects it or not, and a bar below the timeline does something with all of them.
 */
import { cloneElement, part } from "../../dom/template.js";
import { makeNonce } from "../../sending/nonce.js";
import { amended } from "../../state/overlay.js";
import { isHidden } from "../../state/lines.js";
import { NO_CONNECTION } from "../../state/toasts.js";
import { clockTime } from "../../words/dates.js";
import { shownName } from "../../words/names.js";
import { n, t } from "../../words/texts.js";
import { copyText } from "./copying.js";
import { numberSpans } from "./number_spans.js";

const ROW = "#timeline > .message[data-number]";

/** @typedef {import("../../state/types.js").Line} Line */

export class Selection {
  /** @type {Set<number>} */ #numbers = new Set();
  /** From where Shift selects. */ #anchor = 0;
  /** Where Shift has selected to. */ #reached = 0;

  /** @param {import("../../room.js").Page} page */
  constructor(page) {
    this.page = page;
    const { signal } = page.lifetime;
    this.list = /** @type {HTMLElement} */ (document.getElementById("timeline"));
    this.bar = cloneElement("selection");
    page.lifetime.add(() => this.end());
    // Else the browser would select the text between.
    this.list.addEventListener("mousedown", (event) => this.#isOurs(event) && event.preventDefault(), {
      signal,
    });
    this.list.addEventListener("click", (event) => this.#press(event), { capture: true, signal });
    this.bar.addEventListener("click", (event) => this.#act(event), { signal });
    this.bar.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        this.end();
      },
      { signal },
    );
    page.store.watch(["timeline", "status"], () => this.#numbers.size && this.#show(), signal);
  }

  get isActive() {
    return this.#numbers.size > 0;
  }

  /** Selects the message, or not. @param {number} number */
  toggle(number) {
    if (!this.#numbers.delete(number)) {
      if (!this.#selectable().has(number)) return;
      this.#numbers.add(number);
    }
    this.#anchor = this.#reached = number;
    this.#show();
  }

  /** Selects the next or previous message as well, from the one with the focus. @param {1|-1} step */
  extend(step) {
    const { rovingFocus } = this.page.timeline;
    const here = Number(rovingFocus.current?.dataset.number) || 0;
    if (!here) return;
    if (here !== this.#reached || !this.isActive) this.#anchor = this.#reached = here;
    rovingFocus.move(step);
    this.#extendTo(Number(rovingFocus.current?.dataset.number) || here);
  }

  /** Deletes what is selected, where one may. */
  remove() {
    const lines = this.#lines();
    if (!lines.length || !this.#mayDelete(lines)) return;
    const { store, send } = this.page;
    const numbers = lines.map(({ number }) => Number(number));
    const text = `/delete ${numberSpans(numbers)}`;
    if (store.state.connection !== "connected") {
      store.dispatch({ type: "toasted", text: NO_CONNECTION });
      return;
    }
    const isOwn = lines.every(({ author }) => author === store.state.you.name);
    if (isOwn) {
      // What is one's own alone is no act of order, and comes back one by one.
      if (!send({ type: "post", nonce: makeNonce(), text })) return;
      store.dispatch({
        type: "toasted",
        text: n("{count} message was deleted.", "{count} messages were deleted.", numbers.length),
        undo: () => {
          for (const number of numbers) this.page.amendments.request({ type: "undelete", number });
        },
      });
    } else if (!this.page.outbox.post(text)) return;
    this.end();
  }

  /** @returns {boolean} whether there was something to end */
  end() {
    const wasActive = this.isActive;
    const hadFocus = this.bar.contains(document.activeElement);
    this.#numbers.clear();
    this.#show();
    if (hadFocus) this.page.timeline.rovingFocus.current?.focus({ preventScroll: true });
    return wasActive;
  }

  /** The messages that are here and can be selected, by number. @returns {Map<number, Line>} */
  #selectable() {
    const { state } = this.page.store;
    const lines = state.lines
      .filter((line) => line.number && !isHidden(state, line))
      .map((line) => amended(state, line))
      .filter((line) => !line.deleted);
    return new Map(lines.map((line) => [Number(line.number), line]));
  }

  /** What is selected, in its order. @returns {Line[]} */
  #lines() {
    return [...this.#selectable().values()].filter(({ number }) => this.#numbers.has(Number(number)));
  }

  /** @param {Line[]} lines */
  #mayDelete(lines) {
    const { may, you } = this.page.store.state;
    return lines.every(({ author }) => may.includes(author === you.name ? "retract" : "delete"));
  }

  /** @param {number} number */
  #extendTo(number) {
    const between = (/** @type {number} */ one, /** @type {number} */ end) =>
      one >= Math.min(this.#anchor, end) && one <= Math.max(this.#anchor, end);
    for (const one of this.#numbers) if (between(one, this.#reached)) this.#numbers.delete(one);
    for (const one of this.#selectable().keys()) if (between(one, number)) this.#numbers.add(one);
    this.#reached = number;
    this.#show();
  }

  /** Whether a press on a message is meant for selecting. @param {MouseEvent} event */
  #isOurs(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.button || event.ctrlKey || event.metaKey || event.altKey || !target.closest(ROW)) return false;
    // A link opens elsewhere by Shift.
    return this.isActive || (event.shiftKey && !target.closest("a[href], button"));
  }

  /** @param {MouseEvent} event */
  #press(event) {
    if (!this.#isOurs(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const row = /** @type {HTMLElement} */ (/** @type {HTMLElement} */ (event.target).closest(ROW));
    const number = Number(row.dataset.number);
    row.focus({ preventScroll: true });
    if (event.shiftKey && this.isActive) this.#extendTo(number);
    else this.toggle(number);
  }

  /** @param {MouseEvent} event */
  #act(event) {
    const button = /** @type {HTMLElement|null} */ (
      /** @type {HTMLElement} */ (event.target).closest("[data-selected]")
    );
    if (button?.dataset.selected === "delete") this.remove();
    else if (button?.dataset.selected === "copy") void this.#copy();
    else if (button) this.end();
  }

  async #copy() {
    const lines = this.#lines();
    const texts = lines.map(({ author, at, text }) => `${shownName(author)}, ${clockTime(at)}: ${text}`);
    await copyText(
      this.page.store,
      texts.join("\n"),
      n("{count} message copied", "{count} messages copied", lines.length),
    );
  }

  #show() {
    const lines = this.isActive ? this.#lines() : [];
    // What was deleted meanwhile isn't selected any more.
    this.#numbers = new Set(lines.map(({ number }) => Number(number)));
    const rows = /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll(":scope > .message"));
    for (const row of rows) {
      const isSelected = this.#numbers.has(Number(row.dataset.number));
      row.classList.toggle("selected", isSelected);
      if (isSelected) row.setAttribute("aria-description", t("Selected"));
      else row.removeAttribute("aria-description");
    }
    this.list.classList.toggle("selecting", lines.length > 0);
    if (!lines.length) {
      this.bar.remove();
      return;
    }
    if (!this.bar.isConnected) this.page.timeline.after(this.bar);
    const count = n("{count} message selected", "{count} messages selected", lines.length);
    if (part(this.bar, "count").textContent !== count) part(this.bar, "count").textContent = count;
    /** @type {HTMLElement} */ (this.bar.querySelector("[data-selected=delete]")).hidden =
      !this.#mayDelete(lines);
  }
}
