/**
 * The timeline: keeps its rows in step with the state, opens at the first unread post, scrolls to
 * posts by their number, and loads more history.
 */
import { PageElement } from "../page_element.js";
import { layout } from "../../state/layout.js";
import { deletedAfter } from "../../state/lines.js";
import { Permalinks } from "../../dom/permalinks.js";
import { reconcile } from "../../dom/reconcile.js";
import { ScrollAnchor } from "../../dom/scrolling.js";
import { n, t } from "../../words/texts.js";
import { Announcer } from "./announcer.js";
import { showHistoryNote } from "./history_note.js";
import { makeRow, updateRow } from "./message.js";
import { watchMidnight } from "./midnight.js";
import { RovingFocus } from "./roving_focus.js";

const AHEAD = 800; // px before either end at which more is asked for: about a screen
const MAX_NEW_ROWS = 40; // new rows that are put in at once: at 60 frames a second more than 2,000 messages
const HIGHLIGHTED = 2_500; // ms for which a message that was gone to is marked

/** @typedef {import("../../state/layout.js").Row} Row */

export class ChatTimeline extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {HTMLElement} */ scroller;
  /** @type {HTMLElement} */ list;
  /** @type {HTMLButtonElement} */ jump;
  /** @type {ScrollAnchor} */ anchor;
  /** @type {RovingFocus} */ rovingFocus;
  /** @type {Announcer} */ announcer;
  /** @type {Permalinks} */ permalinks;
  /** @type {Map<string, {node: HTMLElement, row: Row}>} */ #shown = new Map();
  /** @type {WeakMap<Element, Row>} */ #rows = new WeakMap();
  /** What the server has made, by key. @type {Map<string, HTMLElement>} */ #served = new Map();
  #opened = false;
  /** Somebody has scrolled. */ #isRead = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #highlightTimer;
  /** @type {Element|null} */ #highlighted = null;

  /** @param {import("../../room.js").Page} page */
  start(page) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    const { store, history } = page;
    const isBack = this.page === page;
    this.page = page;
    this.#opened = this.#isRead = false;
    this.scroller = /** @type {HTMLElement} */ (this.querySelector(".timeline-scroller"));
    this.list = /** @type {HTMLElement} */ (this.querySelector("#timeline"));
    this.jump = /** @type {HTMLButtonElement} */ (this.querySelector(".jump"));
    if (!isBack) this.anchor = new ScrollAnchor(this.scroller, this.list, () => !store.state.newer);
    const current = isBack ? this.rovingFocus.current : null;
    this.rovingFocus = new RovingFocus(this.list, this.anchor, (node) => this.#rows.get(node), signal);
    this.rovingFocus.current = current;
    this.announcer = new Announcer(
      /** @type {HTMLElement} */ (this.querySelector("#announcer")),
      store.state,
      lifetime,
    );
    this.permalinks = new Permalinks(history.base, (spot, number) => this.#popState(spot, number), signal);

    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true, signal });
    this.jump.addEventListener("click", () => this.leave(), { signal });
    this.list.addEventListener("click", (event) => this.#act(event), { signal });
    document.addEventListener("click", (event) => this.#follow(event), { signal });
    // A picture, a font, an unfolded text, a turned phone: heights change without a change of
    // state.
    const resized = new ResizeObserver(() => this.#settle());
    resized.observe(this.scroller);
    resized.observe(this.list);
    lifetime.disconnect(resized);

    store.watch(["timeline"], () => this.#show(), signal);
    store.watch(["reading"], () => this.#showJump(), signal);
    if (isBack) this.comeBack();
    else this.#open();
    watchMidnight(store, lifetime);
    lifetime.add(() => clearTimeout(this.#highlightTimer));
  }

  /**
   * To the end of the history, loading it if newer lines than those here were left out. What one
   * had marked as unread is read.
   */
  async toLatest() {
    const { store, history } = this.page;
    store.dispatch({ type: "read_on" });
    if (store.state.newer && !(await history.latest())) return;
    this.permalinks.leave();
    this.anchor.following = true;
    this.#show();
  }

  /** To the beginning of the history, loading it if it isn't here. */
  async toBeginning() {
    const { store, history } = this.page;
    if (store.state.more && !(await history.beginning())) return;
    this.#show(() => {
      const [first] = this.list.children;
      if (first) this.anchor.show(first, "middle");
    });
    store.dispatch({ type: "read_on" });
  }

  /**
   * Moves the focus by a message, to one that isn't loaded as well.
   * @param {1|-1} step
   */
  async step(step) {
    const { store, history } = this.page;
    this.#isRead = true;
    if (this.rovingFocus.move(step) || history.loading) return;
    if (step < 0 ? !store.state.more : !store.state.newer) return;
    const from = this.rovingFocus.current;
    showHistoryNote(this, this.page);
    await (step < 0 ? history.older() : history.later());
    this.#show();
    // Meanwhile the reader may have gone elsewhere.
    if (this.rovingFocus.current === from && this.rovingFocus.hasFocus) this.rovingFocus.move(step);
  }

  /**
   * Shows a post, loading what is around it if it isn't here, and marks it for a moment.
   * @param {number} number
   * @param {object} [how]
   * @param {boolean} [how.visit] whether the browser's way back leads to where one is now
   * @param {boolean} [how.highlight]
   * @param {boolean} [how.focus]
   * @param {number|"quarter"|"middle"} [how.where] on the screen
   * @returns {Promise<boolean>} whether there is such a post
   */
  async goTo(number, { visit = true, highlight = true, focus = true, where = "middle" } = {}) {
    const { store, history } = this.page;
    const from = this.#spot();
    store.dispatch({ type: "uncovered", from: number, to: number });
    if (!this.#node(number)) {
      const status = await history.around(number);
      if (status !== 200) {
        const missing = t("There is no message {number} here, or it was cleared away.", { number });
        store.dispatch({
          type: "toasted",
          text: status === 404 ? missing : t("The message couldn’t be loaded. Try again."),
        });
        return false;
      }
    }
    this.#show(() => {
      const node = this.#node(number);
      if (node) this.anchor.show(node, where);
    });
    const node = this.#node(number);
    if (!node) return false;
    if (visit) this.permalinks.visit(number, from);
    if (highlight) this.#highlight(node);
    if (focus) this.rovingFocus.focus(node);
    store.dispatch({ type: "read_on" });
    return true;
  }

  /** @param {Row} row */
  #servedNode({ key, kind }) {
    const node = this.#served.get(key);
    return node?.classList.contains(kind) ? node : undefined;
  }

  /** Goes on with the rows that the server has put in. */
  #takeOver() {
    const served = /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll(":scope > [data-row]"));
    for (const node of served) {
      this.#served.set(node.dataset.row ?? "", node);
      delete node.dataset.row;
    }
    this.#show();
    const used = new Set([...this.#shown.values()].map(({ node }) => node));
    for (const node of served) if (!used.has(node)) node.remove();
    this.#served.clear();
    this.scroller.classList.remove("first", "utc");
  }

  /**
   * Scrolls to the post in the address, else to the first unread with some context above, else to
   * the end.
   */
  #open() {
    const { state } = this.page.store;
    this.#takeOver();
    const asked = state.around === null ? null : this.#node(state.around);
    if (asked) {
      this.anchor.show(asked, "middle");
      this.#highlight(asked);
    } else {
      this.#toUnread();
    }
    this.#opened = true;
    this.#settle();
  }

  /** Shown again, or caught up: one is where one was, or, if that was the end, at the first unread. */
  comeBack() {
    this.#opened = true;
    this.#show(() => {
      if (this.anchor.following) this.#toUnread();
      else this.anchor.restore();
    });
  }

  /** To the first unread with some context above, or to the end. */
  #toUnread() {
    this.anchor.toEnd();
    const unread = this.list.querySelector(":scope > .new");
    if (unread && this.anchor.topOf(unread) < this.scroller.clientHeight / 4)
      this.anchor.show(unread, "quarter");
  }

  /** @param {() => void} [moves] to another place, instead of restoring the one before */
  #show(moves) {
    const { store } = this.page;
    const hadFocus = this.rovingFocus.hasFocus;
    reconcile(this.list, this.#shown, this.#limitToFrame(layout(store.state)), {
      make: (/** @type {Row} */ row) => makeRow(row, this.#servedNode(row)),
      update: updateRow,
    });
    for (const { node, row } of this.#shown.values()) this.#rows.set(node, row);
    showHistoryNote(this, this.page);
    this.rovingFocus.update(hadFocus);
    if (this.#opened) this.#settle(moves);
    this.announcer.announce();
  }

  /**
   * Of a flood no more than what one frame can bear; the rest comes in the next ones. A frame that
   * took all would take so long that the next one had even more.
   * @param {Row[]} rows
   * @returns {Row[]}
   */
  #limitToFrame(rows) {
    if (!this.#opened || !this.anchor.following) return rows;
    let known = rows.length;
    // A day stands above other messages as well.
    const isKnown = (/** @type {Row} */ { key, kind }) => kind !== "day" && this.#shown.has(key);
    while (known > 0 && !isKnown(rows[known - 1])) known -= 1;
    if (known === 0 || rows.length - known <= MAX_NEW_ROWS) return rows;
    this.page.store.touch("timeline");
    return rows.slice(0, known + MAX_NEW_ROWS);
  }

  /** Restores the scroll position after heights or rows changed. */
  #settle(moves = () => this.anchor.restore()) {
    if (!this.#opened) return;
    moves();
    // Nobody sees a hidden page: what arrives now starts at the top of the screen when they return.
    // The "New" line of what was read meanwhile stays where it is.
    const { newAfter, readNumber } = this.page.store.state;
    const unread =
      this.anchor.following &&
      document.visibilityState === "hidden" &&
      newAfter === readNumber &&
      this.list.querySelector(":scope > .new");
    if (unread && this.anchor.topOf(unread) < 0) this.anchor.show(unread, "quarter");
    this.#reportView();
  }

  #scrolled() {
    if (!this.#opened) return;
    if (this.anchor.scrolled()) {
      this.#isRead = true;
      this.page.store.dispatch({ type: "read_on" });
    }
    this.#reportView();
  }

  /** Tells the store what is on screen, and asks for what will be there soon. */
  #reportView() {
    const { store, history } = this.page;
    const rows = this.anchor.visible();
    const lines = rows.flatMap(({ node }) => {
      const { line, lines } = this.#rows.get(node) ?? {};
      return lines ?? (line?.seq && line.kind ? [line] : []);
    });
    const numbers = rows
      .flatMap(({ node, seen }) => (seen && /** @type {HTMLElement} */ (node).dataset.number) || [])
      .map(Number);
    store.dispatch({
      type: "viewed",
      view: lines.length ? { first: lines[0].seq, last: lines[lines.length - 1].seq } : null,
      seen: numbers.length ? { lowest: numbers[0], highest: numbers[numbers.length - 1] } : null,
      atBottom: this.anchor.following,
    });
    this.#showJump();
    if (history.loading) return;
    // The first view waits for nothing more than what it shows.
    const ahead = this.#isRead ? AHEAD : 0;
    if (store.state.newer && this.anchor.below <= ahead) history.later();
    else if (store.state.more && this.scroller.scrollTop <= ahead) history.older();
    showHistoryNote(this, this.page);
  }

  #showJump() {
    const { state } = this.page.store;
    const missed = state.lastNumber - state.bottomNumber - deletedAfter(state, state.bottomNumber);
    this.jump.hidden = this.anchor.following && !state.newer;
    const text =
      missed > 0 ? n("Jump to latest ({count})", "Jump to latest ({count})", missed) : t("Jump to latest");
    const label = /** @type {HTMLElement} */ (this.jump.querySelector(".jump-text"));
    if (label.textContent !== text) label.textContent = text;
    this.jump.title = missed > 0 ? n("{count} new message", "{count} new messages", missed) : "";
  }

  /** @param {number} number @returns {HTMLElement|null} */
  #node(number) {
    return this.list.querySelector(`:scope > .message[data-number="${Number(number)}"]`);
  }

  /**
   * Where one is: the first post on screen; null at the end.
   * @returns {import("../../dom/permalinks.js").Spot|null}
   */
  #spot() {
    if (this.anchor.following) return null;
    const row = this.anchor.visible().find(({ node }) => /** @type {HTMLElement} */ (node).dataset.number);
    return row
      ? { number: Number(/** @type {HTMLElement} */ (row.node).dataset.number), offset: row.top }
      : null;
  }

  /**
   * The browser's back and forward.
   * @param {import("../../dom/permalinks.js").Spot|null} spot
   * @param {number|null} number
   */
  #popState(spot, number) {
    if (spot) this.goTo(spot.number, { visit: false, highlight: false, focus: false, where: spot.offset });
    else if (number !== null) this.goTo(number, { visit: false });
    else this.toLatest();
  }

  /** Marks a message for a moment. @param {Element} node */
  #highlight(node) {
    clearTimeout(this.#highlightTimer);
    this.#highlighted?.classList.remove("pointed");
    this.#highlighted = node;
    node.classList.add("pointed");
    this.#highlightTimer = setTimeout(() => node.classList.remove("pointed"), HIGHLIGHTED);
  }

  /** To the latest, and writing goes on. */
  leave() {
    this.toLatest();
    this.page.composer.focus();
  }

  /**
   * A link to a post of this room leads there without leaving the page.
   * @param {MouseEvent} event
   */
  #follow(event) {
    if (
      event.defaultPrevented ||
      event.button ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = /** @type {HTMLElement} */ (event.target).closest?.("a[href]");
    const number = link && this.permalinks.numberOf(/** @type {HTMLAnchorElement} */ (link).href);
    if (!number) return;
    event.preventDefault();
    this.goTo(number);
  }

  /** @param {MouseEvent} event a press on a button within a row */
  #act(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-action]");
    const row = /** @type {HTMLElement|null} */ (button?.closest("#timeline > *"));
    if (!button || !row) return;
    const { outbox, store, composer } = this.page;
    const nonce = row.dataset.nonce ?? "";
    /** @type {Record<string, () => void>} */
    const acts = {
      retry: () => outbox.retry(nonce),
      discard: () => outbox.discard(nonce),
      edit: () => composer.rewrite(nonce),
      dismiss: () => store.dispatch({ type: "dismissed", id: Number(row.dataset.notice) }),
      unfold: () => {
        row.classList.remove("long");
        button.remove();
      },
    };
    acts[/** @type {HTMLElement} */ (button).dataset.action ?? ""]?.();
    // The pressed button is gone with what it was for.
    composer.focus();
  }
}
