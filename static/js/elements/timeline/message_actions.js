/**
 * The actions on a message: the bar beside the one under the pointer or with the focus, its menu
 * (on a phone by a long press), and clicks on what stands beside its text. There is one bar, which
 * moves.
 */
import { rememberEmoji } from "../../local/recent_emoji.js";
import { isHidden } from "../../state/lines.js";
import { amended } from "../../state/overlay.js";
import { cloneElement, part } from "../../dom/template.js";
import { kindOf } from "../../words/files.js";
import { t } from "../../words/texts.js";
import { withLoaded } from "../page/loading.js";
import { openEmojiPicker } from "../composer/emoji_picker.js";
import { copyText } from "./copying.js";
import { watchLongPress } from "./long_press.js";
import { MessageMenu, quickReactions } from "./message_menu.js";

const IN_BAR = 3;
const BAR = 36; // px, of its height
const BESIDE = 260; // px beside a text for the bar and, in a group, the time
const ROW = "#timeline > .message[data-number]";

export class MessageActions {
  /** @type {HTMLElement|null} the row that the bar is at */ #row = null;
  /** @type {import("./pins.js").Pins|null} */ #pins = null;
  /** @type {import("../files/files_pane.js").FilesPane|null} */ #files = null;
  /** Where the mouse was last. */
  #at = { x: -1, y: -1 };

  /** @param {import("../../room.js").Page} page */
  constructor(page) {
    this.page = page;
    const { signal } = page.lifetime;
    page.lifetime.add(() => this.#attach(null));
    this.menu = new MessageMenu(signal);
    this.list = /** @type {HTMLElement} */ (document.getElementById("timeline"));
    this.bar = cloneElement("bar");

    this.list.addEventListener(
      "pointermove",
      ({ pointerType, clientX: x, clientY: y, target }) => {
        // Only after a pointer that moves, not under one at rest when lines move; and not away from
        // who uses it by the keyboard.
        if (pointerType !== "mouse" || (x === this.#at.x && y === this.#at.y)) return;
        this.#at = { x, y };
        if (!this.bar.contains(document.activeElement)) this.#attach(rowOf(target));
      },
      { signal },
    );
    this.list.addEventListener(
      "pointerleave",
      () => !this.#row?.matches(":focus-within") && this.#attach(null),
      { signal },
    );
    this.list.addEventListener("focusin", (event) => this.#attach(rowOf(event.target)), { signal });
    this.list.addEventListener(
      "focusout",
      ({ relatedTarget }) => {
        if (!this.list.contains(/** @type {Node|null} */ (relatedTarget)) && !this.#row?.matches(":hover"))
          this.#attach(null);
      },
      { signal },
    );
    this.list.addEventListener("click", (event) => this.#press(event), { signal });
    this.list.addEventListener("keydown", (event) => this.#key(event), { signal });
    // The timeline's keys for these ask by events.
    this.list.addEventListener(
      "message-menu",
      ({ target }) => {
        const row = rowOf(target);
        if (row) this.openMenu(row);
      },
      { signal },
    );
    this.list.addEventListener(
      "message-react",
      ({ target }) => {
        const row = rowOf(target);
        if (row) this.act("pick", Number(row.dataset.number), part(row, "bubble"));
      },
      { signal },
    );
    page.store.watch(["timeline", "ended"], () => this.#updateBar(), signal);
    const pins = /** @type {HTMLElement} */ (document.getElementById("pins-button"));
    pins.addEventListener("click", () => this.#openPins(pins), { signal });
    const files = /** @type {HTMLElement} */ (document.getElementById("files-button"));
    files.addEventListener("click", (event) => this.#openFiles(event, files), { signal });
    watchLongPress(
      this.list,
      (target) => {
        const row = rowOf(target);
        if (row) this.openMenu(row);
        return Boolean(row);
      },
      page.lifetime,
    );
  }

  /**
   * What an action is called by: "reply", "edit", "copy-text", "react 👍", "pick", …
   * @param {string} what
   * @param {number} number
   * @param {Element|null} [anchor]
   */
  async act(what, number, anchor = null) {
    const { store, amendments, history } = this.page;
    const line = this.#line(number);
    if (!line) return;
    const [name, emoji = ""] = what.split(" ");
    /** @type {Record<string, () => any>} */
    const actions = {
      reply: () => this.#compose({ type: "replying", number }),
      edit: () => this.#compose({ type: "editing", number }),
      "copy-text": () => copyText(store, line.text, t("Text copied")),
      "copy-link": () =>
        copyText(store, new URL(`${history.base}/${number}`, location.href).href, t("Link copied")),
      select: () => this.page.selection?.toggle(number),
      unread: () => store.dispatch({ type: "unread_from", number }),
      pin: () => amendments.request({ type: "pin", number, on: true }),
      unpin: () => amendments.request({ type: "pin", number, on: false }),
      versions: async () => (await import("./versions.js")).openVersions(history.base, line, anchor),
      why: async () => (await import("./why.js")).openWhy(history.base, number, anchor),
      report: async () => (await import("./report.js")).openReport(this.page, line, anchor),
      delete: () => this.#delete(number),
      picture: async () =>
        (await import("../files/lightbox.js")).openLightbox(this.#pictures(), fileOf(anchor)),
      "unfold-file": async () =>
        (await import("../files/file_preview.js")).toggleFilePreview(/** @type {HTMLElement} */ (anchor)),
      react: () => this.#react(line, emoji),
      pick: async () => {
        const chosen = await openEmojiPicker(anchor);
        if (chosen) this.#react(line, chosen, true);
      },
    };
    await withLoaded(store, () => actions[name]?.());
  }

  /** @param {HTMLElement} row of a stored message @param {Element} [anchor] */
  async openMenu(row, anchor = part(row, "bubble") ?? row) {
    const number = Number(row.dataset.number);
    const line = this.#line(number);
    if (!line || this.menu.isOpen) return;
    const what = await this.menu.open(row, line, this.page.store.state, anchor);
    if (what) await this.act(what, number, anchor);
  }

  /** @param {HTMLElement} button */
  #openPins(button) {
    return withLoaded(this.page.store, async () => {
      const { Pins } = await import("./pins.js");
      this.#pins ??= new Pins(this.page);
      this.#pins.open(button);
    });
  }

  /** @param {MouseEvent} event @param {HTMLElement} link which leads to a page of them */
  #openFiles(event, link) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void withLoaded(this.page.store, async () => {
      const { FilesPane } = await import("../files/files_pane.js");
      this.#files ??= new FilesPane(this.page);
      this.#files.open(link);
    });
  }

  /** All that are on the page, in order. */
  #pictures() {
    const { state } = this.page.store;
    const shown = state.lines.filter((line) => !line.deleted && line.files && !isHidden(state, line));
    return shown.flatMap(({ files = [] }) => files.filter((file) => kindOf(file) === "picture"));
  }

  /** @param {{type: string, number: number}} action */
  #compose(action) {
    this.page.store.dispatch(action);
    this.page.composer.focus();
  }

  /** @param {number} number */
  async #delete(number) {
    const { store, amendments } = this.page;
    store.dispatch({ type: "toasted", text: t("Message deleted."), undo: number });
    const answer = await amendments.request({ type: "delete", number });
    const toast = answer.type === "error" && store.state.toasts.find((one) => one.undo === number);
    if (toast) store.dispatch({ type: "untoasted", id: toast.id });
  }

  /**
   * Joins or leaves.
   * @param {import("../../state/types.js").Line} line
   * @param {string} emoji
   * @param {boolean} [join] only joins
   */
  #react(line, emoji, join = false) {
    const on = !(this.#line(line.number ?? 0)?.reactions ?? []).some(
      (one) => one.emoji === emoji && one.names.includes(this.page.store.state.you.name),
    );
    if (!on && join) return;
    if (on) rememberEmoji(emoji);
    this.page.amendments.request({ type: "react", number: line.number ?? 0, emoji, on });
  }

  /** The post as it is shown. @param {number} number */
  #line(number) {
    const { state } = this.page.store;
    const line = state.lines.find((one) => one.number === number);
    return line && amended(state, line);
  }

  /**
   * Moves the bar to a row, and what can be pressed in that row into the order of tabs.
   * @param {HTMLElement|null} row
   */
  #attach(row) {
    if (row === this.#row && (!row || this.bar.isConnected)) return;
    for (const button of this.#row?.querySelectorAll("[data-do]") ?? [])
      /** @type {HTMLElement} */ (button).tabIndex = -1;
    this.#row = row;
    const line = row && this.#line(Number(row.dataset.number));
    if (!row || !line || this.page.store.state.ended) {
      this.bar.remove();
      return;
    }
    const bubble = part(row, "bubble") ?? row;
    // Beside a short text, so that its author's name stays free. Else over the edge of it, or below
    // where the timeline would cut it off.
    const { top, width } = bubble.getBoundingClientRect();
    const isBeside = row.clientWidth - width > BESIDE;
    const ceiling = /** @type {HTMLElement} */ (this.list.parentElement).getBoundingClientRect().top;
    this.bar.classList.toggle("beside", isBeside);
    this.bar.classList.toggle("below", !isBeside && top - ceiling < BAR);
    bubble.append(this.bar);
    this.#fill(row, line);
  }

  /** What the bar's message is now. */
  #updateBar() {
    const row = this.#row;
    const line =
      row?.isConnected && !this.page.store.state.ended ? this.#line(Number(row.dataset.number)) : null;
    if (row && line) this.#fill(row, line);
    else this.#attach(null);
  }

  /** @param {HTMLElement} row @param {import("../../state/types.js").Line} line */
  #fill(row, line) {
    for (const button of row.querySelectorAll("[data-do]"))
      if (!this.bar.contains(button)) /** @type {HTMLElement} */ (button).tabIndex = 0;
    const { may, you } = this.page.store.state;
    const short = Boolean(line.deleted) || !may.includes("post");
    const filled = `${line.number} ${line.changed ?? ""} ${short}`;
    if (this.bar.dataset.filled === filled) return;
    this.bar.dataset.filled = filled;
    this.bar.classList.toggle("short", short);
    const focused = this.#barButtons().indexOf(/** @type {HTMLElement} */ (document.activeElement));
    part(this.bar, "emoji").replaceChildren(
      ...(short ? [] : quickReactions(line, you.name, IN_BAR, "bar-button", "aria-pressed")),
    );
    // One stop of Tab: within the bar the arrows move.
    const buttons = this.#barButtons();
    buttons.forEach((button, place) => (button.tabIndex = place === Math.max(focused, 0) ? 0 : -1));
    buttons[focused]?.focus({ preventScroll: true });
  }

  /** @returns {HTMLElement[]} */
  #barButtons() {
    const buttons = [.../** @type {NodeListOf<HTMLElement>} */ (this.bar.querySelectorAll("button"))];
    return this.bar.classList.contains("short") ? buttons.slice(-1) : buttons;
  }

  /** @param {MouseEvent} event */
  #press(event) {
    const button = /** @type {HTMLElement|null} */ (
      /** @type {HTMLElement} */ (event.target).closest("[data-do]")
    );
    const row = rowOf(event.target) ?? /** @type {HTMLElement|null} */ (button?.closest("#timeline > *"));
    // A link that is to open elsewhere does that.
    if (!button || !row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const what = button.dataset.do ?? "";
    if (what === "jump") this.page.timeline.goTo(Number(button.dataset.number));
    else if (what === "uncover") this.#uncover(row);
    else if (what === "dismiss-preview") this.#dismiss(row, button);
    else if (what === "more") this.openMenu(row, button);
    else this.act(`${what} ${button.dataset.emoji ?? ""}`.trim(), Number(row.dataset.number), button);
  }

  /** @param {HTMLElement} row @param {HTMLElement} button of the card of a link */
  #dismiss(row, button) {
    row.focus({ preventScroll: true });
    const { url } = button.dataset;
    this.page.amendments.request({ type: "dismiss_preview", number: Number(row.dataset.number), url });
  }

  /** @param {HTMLElement} row of posts of people whom the reader ignores */
  #uncover(row) {
    const from = Number(row.dataset.first);
    this.page.store.dispatch({ type: "uncovered", from, to: Number(row.dataset.number) });
    // What had the focus is gone by the next frame.
    requestAnimationFrame(() => {
      const first = this.list.querySelector(`:scope > .message[data-number="${from}"]`);
      /** @type {HTMLElement|null} */ (first)?.focus({ preventScroll: true });
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = rowOf(target);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    if (
      event.key === "ContextMenu" ||
      (event.key === "F10" && event.shiftKey) ||
      (event.key === "Enter" && target === row)
    ) {
      event.preventDefault();
      this.openMenu(row);
    } else if (this.bar.contains(target) && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      event.preventDefault();
      const buttons = this.#barButtons();
      const place = buttons.indexOf(target) + (event.key === "ArrowRight" ? 1 : -1);
      const next = buttons[(place + buttons.length) % buttons.length];
      for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
      next.focus();
    } else if (event.key === "Escape" && target !== row) {
      // From what is in the message back to the message.
      event.stopPropagation();
      row.focus({ preventScroll: true });
    }
  }
}

/** @param {Element|null} link */
const fileOf = (link) => /** @type {HTMLElement|null} */ (link)?.dataset.file ?? "";

/** @param {EventTarget|null} target @returns {HTMLElement|null} the stored message that it is in */
const rowOf = (target) => /** @type {HTMLElement} */ (target).closest(ROW);
