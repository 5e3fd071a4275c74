/**
 * The roving focus of the timeline: the one message that Tab returns to, and that arrows and
 * letters move.
 */
import { handleBeside, plainName } from "../../words/names.js";
import { clockTime } from "../../words/dates.js";
import { spokenText } from "../../words/rich_text.js";
import { t } from "../../words/texts.js";

/**
 * What in a message can have the focus, beside the message itself, while one is in it. Code and
 * tables, which may be wider than the screen, can be scrolled by keyboard from anywhere.
 */
const INSIDE = "a[href], button, summary, video, audio, .spoiler, .message-author[data-person]";

/**
 * Tab stops at one message, and goes on to what is in it; what is in others it passes by.
 * @param {HTMLElement} row a message
 */
export function setTabStops(row) {
  const on = row.contains(document.activeElement);
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll(INSIDE))) {
    const isShown = !one.matches(".spoiler[data-open]") && !one.closest("[inert]");
    one.tabIndex = on && isShown ? 0 : -1;
    if (one.matches(".message-author")) one.role = on ? "button" : null;
  }
}

export class RovingFocus {
  /** @type {HTMLElement|null} */ current = null;

  /**
   * @param {HTMLElement} list of rows, of which those with the class "message" can be focused
   * @param {import("../../dom/scrolling.js").ScrollAnchor} anchor
   * @param {(node: Element) => import("../../state/layout.js").Row|undefined} rowOf
   * @param {AbortSignal} signal its end
   */
  constructor(list, anchor, rowOf, signal) {
    this.list = list;
    this.anchor = anchor;
    this.rowOf = rowOf;
    list.addEventListener(
      "focusin",
      ({ target }) => {
        const row = /** @type {HTMLElement} */ (target).closest("#timeline > .message");
        if (!row) return;
        this.#setCurrent(/** @type {HTMLElement} */ (row));
        setTabStops(/** @type {HTMLElement} */ (row));
      },
      { signal },
    );
    list.addEventListener(
      "focusout",
      ({ target }) => {
        const row = /** @type {HTMLElement} */ (target).closest("#timeline > .message");
        // The focus is where it goes next only after this event.
        if (row) queueMicrotask(() => setTabStops(/** @type {HTMLElement} */ (row)));
      },
      { signal },
    );
    list.addEventListener(
      "keydown",
      (event) => {
        const author = /** @type {HTMLElement} */ (event.target);
        if (!author.matches(".message-author") || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        author.click();
      },
      { signal },
    );
  }

  /** Whether the keyboard is within the list. */
  get hasFocus() {
    return this.list.contains(document.activeElement);
  }

  /** After rows changed. @param {boolean} hadFocus whether the focus was within the list before */
  update(hadFocus) {
    if (!this.current?.isConnected) {
      this.current = null;
      // Its row was removed: go on from what is on screen.
      const next = hadFocus ? (this.#onScreen() ?? this.#rows().at(-1)) : this.#rows().at(-1);
      if (next) this.#setCurrent(next);
      if (hadFocus && !this.hasFocus) next?.focus({ preventScroll: true });
    } else if (!hadFocus && this.anchor.following) {
      // While nobody uses it, Tab leads to the latest.
      const last = this.#rows().at(-1);
      if (last) this.#setCurrent(last);
    } else {
      this.#label(this.current);
    }
  }

  /**
   * To the next or previous message; within one that is longer than the screen, on by most of a
   * screen.
   * @param {1|-1} step
   * @returns {boolean} whether there was a way to go
   */
  move(step) {
    const rows = this.#rows();
    const { current } = this;
    const isOnScreen = this.anchor.visible().some(({ node }) => node === current);
    if (!current || !isOnScreen) {
      const next = step > 0 ? this.#onScreen() : this.#onScreen(-1);
      if (next) this.focus(next);
      return Boolean(next);
    }
    const { box } = this.anchor;
    const top = this.anchor.topOf(current);
    const rest = step > 0 ? top + current.offsetHeight - box.clientHeight : -top;
    if (rest > 4 && current.offsetHeight > box.clientHeight / 2) {
      box.scrollBy({ top: step * Math.min(rest + 24, 0.8 * box.clientHeight) });
      return true;
    }
    const next = rows[rows.indexOf(current) + step];
    if (next) this.focus(next);
    return Boolean(next);
  }

  first() {
    const [row] = this.#rows();
    if (row) this.focus(row);
  }

  last() {
    const row = this.#rows().at(-1);
    if (row) this.focus(row);
  }

  /** @param {HTMLElement} row */
  focus(row) {
    this.#setCurrent(row);
    row.focus({ preventScroll: true });
    this.anchor.reveal(row);
  }

  /** @param {HTMLElement} row */
  #setCurrent(row) {
    if (this.current !== row) {
      if (this.current) this.current.tabIndex = -1;
      this.current?.removeAttribute("aria-label");
      this.current = row;
      row.tabIndex = 0;
    }
    this.#label(row);
  }

  /**
   * What a screen reader says when the focus comes to it; going through its text by itself it needs
   * no label.
   * @param {HTMLElement} row
   */
  #label(row) {
    const { line, author = line?.author ?? "" } = this.rowOf(row) ?? {};
    if (!line) return;
    const text = line.deleted ? t("This message was deleted.") : spokenText(line);
    const name = `${plainName(author)} ${handleBeside(author)}`.trim();
    row.setAttribute(
      "aria-label",
      t("{author}, {time}: {text}", { author: name, time: clockTime(line.at), text }),
    );
  }

  /** @returns {HTMLElement[]} */
  #rows() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll(":scope > .message"))];
  }

  /** The first message on screen, or with -1 the last. @param {0|-1} which */
  #onScreen(which = 0) {
    const rows = this.anchor.visible().filter(({ node }) => node.matches(".message"));
    const whole = rows.filter(({ seen, top }) => seen && top >= 0);
    return /** @type {HTMLElement|undefined} */ ((whole.at(which) ?? rows.at(which))?.node);
  }
}
