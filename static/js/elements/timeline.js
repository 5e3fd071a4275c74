/** The timeline: keeps its rows like the state, follows the bottom, stays where one reads, and asks for more history. */
import { dayOf } from "../dates.js";
import { layout } from "../layout.js";
import { reconcile } from "../reconcile.js";
import { n, t } from "../texts.js";
import { rowKinds } from "./message.js";

const FOLLOW = 100; // px from the bottom within which new messages are followed
const AHEAD = 800; // px before either end at which more is asked for: about a screen
const ALOUD = 3; // so many new messages in one frame are read out; more are counted

const render = {
  make: (/** @type {import("../layout.js").Row} */ row) => rowKinds[row.kind].make(row),
  update: (/** @type {HTMLElement} */ node, /** @type {import("../layout.js").Row} */ row) => rowKinds[row.kind].update(node, row),
};

export class ChatTimeline extends HTMLElement {
  /** @type {import("../room.js").Page} */ page;
  /** @type {HTMLElement} */ scroller;
  /** @type {HTMLElement} */ list;
  /** @type {HTMLButtonElement} */ jump;
  /** @type {HTMLElement} */ announcer;
  /** @type {Map<string, {node: HTMLElement, row: import("../layout.js").Row}>} */ #shown = new Map();
  #following = true;
  #opened = false;
  #announced = 0;
  #height = 0;

  /** @param {import("../room.js").Page} page */
  start(page) {
    this.page = page;
    this.scroller = /** @type {HTMLElement} */ (this.querySelector(".timeline-scroller"));
    this.list = /** @type {HTMLElement} */ (this.querySelector("#timeline"));
    this.jump = /** @type {HTMLButtonElement} */ (this.querySelector(".jump"));
    this.announcer = /** @type {HTMLElement} */ (this.querySelector("#announcer"));
    this.#announced = page.store.state.lastNumber;

    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.jump.addEventListener("click", () => this.toLatest());
    this.list.addEventListener("click", (event) => this.#act(event));
    new ResizeObserver(() => this.#resized()).observe(this.scroller);
    // A picture or an unfolded text changes the height without a change of state.
    new ResizeObserver(() => this.#following && this.#toBottom()).observe(this.list);

    page.store.watch(["timeline"], () => this.#show());
    page.store.watch(["reading"], () => this.#showJump());
    this.#show();
    this.#open();
    this.#atMidnight();
  }

  /** To the end of the history, loading it if newer lines than those here were left out. */
  async toLatest() {
    const { store, history } = this.page;
    if (store.state.newer && !(await history.latest())) return;
    this.#following = true;
    this.#toBottom();
  }

  /** At the first unread if there is one, with some of what stood before it; else at the bottom. */
  #open() {
    const unread = /** @type {HTMLElement|null} */ (this.list.querySelector(".divider.new"));
    this.#toBottom();
    if (unread) {
      const top = this.#offset(unread) - this.scroller.clientHeight / 4;
      if (top < 0) this.scroller.scrollTop += top;
    }
    this.#opened = true;
    this.#height = this.scroller.clientHeight;
    this.#scrolled();
  }

  #show() {
    const { store, history } = this.page;
    const { state } = store;
    const anchor = this.#following ? null : this.#anchor();
    reconcile(this.list, this.#shown, layout(state), render);
    const note = /** @type {HTMLElement} */ (this.querySelector(".history-state"));
    note.hidden = !(state.more || history.failed) && state.lines.length > 0;
    note.textContent = history.failed ? t("Older messages couldn’t be loaded. Scroll to try again.") : state.more ? t("Loading…") : t("Nothing has been said here yet.");
    if (this.#following) this.#toBottom();
    else if (anchor?.node.isConnected) this.scroller.scrollTop += this.#offset(anchor.node) - anchor.offset;
    this.#announce();
    this.#showJump();
    if (this.#opened) this.#loadMore();
  }

  #showJump() {
    const { state } = this.page.store;
    const missed = state.lastNumber - state.bottomNumber;
    this.jump.hidden = this.#following && !state.newer;
    /** @type {HTMLElement} */ (this.jump.querySelector(".jump-text")).textContent = missed > 0 ? n("Jump to latest ({count})", "Jump to latest ({count})", missed) : t("Jump to latest");
  }

  #scrolled() {
    if (!this.#opened) return;
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    if (clientHeight !== this.#height) {
      // The composer grew or a keyboard came up, and moved the text: nobody scrolled.
      this.#resized();
      return;
    }
    this.#following = scrollHeight - scrollTop - clientHeight <= FOLLOW && !this.page.store.state.newer;
    this.page.store.dispatch({ type: "attention", atBottom: this.#following });
    this.#showJump();
    this.#loadMore();
  }

  #resized() {
    this.#height = this.scroller.clientHeight;
    if (this.#following) this.#toBottom();
  }

  #loadMore() {
    const { store, history } = this.page;
    if (history.loading) return;
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    if (store.state.newer && scrollHeight - scrollTop - clientHeight < AHEAD) history.later();
    else if (store.state.more && scrollTop < AHEAD) history.older();
  }

  #toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** @param {HTMLElement} node its top against the top of what is visible */
  #offset(node) {
    return node.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
  }

  /** The first stored line on screen: it stays where it is while others come above it. */
  #anchor() {
    const { top } = this.scroller.getBoundingClientRect();
    for (const child of this.list.querySelectorAll(":scope > .message")) {
      const node = /** @type {HTMLElement} */ (child);
      if (node.getBoundingClientRect().bottom > top) return { node, offset: this.#offset(node) };
    }
    return null;
  }

  /** Says aloud what is new at the end, and only that. */
  #announce() {
    const { lines, you } = this.page.store.state;
    const fresh = [];
    for (let index = lines.length - 1; index >= 0; index -= 1) {
      const line = lines[index];
      if (!line.number) continue;
      if (line.number <= this.#announced) break;
      if (line.author !== you.name) fresh.unshift(line);
    }
    this.#announced = fresh.at(-1)?.number ?? this.#announced;
    if (!fresh.length) return;
    const said = fresh.length > ALOUD ? [n("{count} new message", "{count} new messages", fresh.length)] : fresh.map((line) => `${line.author}: ${line.text.slice(0, 300)}`);
    this.announcer.replaceChildren(
      ...said.map((text) => {
        const paragraph = document.createElement("p");
        paragraph.textContent = text;
        return paragraph;
      }),
    );
  }

  /** @param {MouseEvent} event a press on a button within a row */
  #act(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-action]");
    const row = /** @type {HTMLElement|null} */ (button?.closest("#timeline > li"));
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

  /** Today becomes Yesterday while the page is open. */
  #atMidnight() {
    let day = dayOf(new Date());
    setInterval(() => {
      if (day === dayOf(new Date())) return;
      day = dayOf(new Date());
      this.page.store.touch("timeline");
    }, 30_000);
  }
}
