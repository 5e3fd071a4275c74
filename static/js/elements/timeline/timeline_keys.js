/** The keys of the timeline, and those that lead into it from anywhere. */
import { doing, PAGE_KEYS, TIMELINE_KEYS } from "../../words/keys.js";

/** Where a key is somebody else's. */
const NOT_OURS =
  "input, textarea, select, [contenteditable], dialog, [popover], [role=menu], [role=listbox], [role=dialog]";

/** What is done from a box in which one writes as well. */
const ANYWHERE = new Set(["keys", "pane"]);

export class TimelineKeys {
  /**
   * @param {import("./timeline.js").ChatTimeline} timeline
   * @param {import("../../room.js").Page} page
   */
  constructor(timeline, page) {
    this.timeline = timeline;
    this.page = page;
    const { signal } = page.lifetime;
    timeline.scroller.addEventListener("keydown", (event) => this.#press(event, TIMELINE_KEYS), { signal });
    document.addEventListener("keydown", (event) => this.#press(event, PAGE_KEYS), { signal });
  }

  /** @param {KeyboardEvent} event @param {import("../../words/keys.js").Key[]} table */
  #press(event, table) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.defaultPrevented || event.isComposing) return;
    const does = doing(table, event);
    if (!does) return;
    // The box in which one writes has its own Escape.
    if (
      !ANYWHERE.has(does) || table === TIMELINE_KEYS
        ? target.closest(NOT_OURS)
        : document.querySelector("dialog[open]")
    )
      return;
    if (does === "menu" && event.key === "Enter" && target !== this.timeline.rovingFocus.current) return;
    if (does === "latest" && target !== document.body && !this.timeline.contains(target)) return;
    event.preventDefault();
    this.#do(does, event);
  }

  /** @param {string} does a name in the table of keys @param {KeyboardEvent} event */
  #do(does, event) {
    const { timeline, page } = this;
    const { store, keys, composer } = page;
    const { rovingFocus } = timeline;
    const { lines, you } = store.state;
    const number = Number(rovingFocus.current?.dataset.number) || null;
    const line = number && lines.find((one) => one.number === number);
    const tell = (/** @type {string} */ name) =>
      number &&
      rovingFocus.current?.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: { number } }));
    const compose = (/** @type {"replying"|"editing"} */ type) => {
      store.dispatch({ type, number });
      // Now and not with the next frame: what is typed right after the key is meant for the box.
      composer.focus();
    };
    /** @type {Record<string, () => unknown>} */
    const acts = {
      next: () => timeline.step(1),
      previous: () => timeline.step(-1),
      first: async () => {
        await timeline.toBeginning();
        rovingFocus.first();
      },
      last: async () => {
        await timeline.toLatest();
        rovingFocus.last();
      },
      unread: () => this.#toUnread(number ?? 0),
      reply: () => line && !line.deleted && compose("replying"),
      edit: () => line && !line.deleted && line.author === you.name && compose("editing"),
      react: () => tell("message-react"),
      menu: () => tell("message-menu"),
      select: () => number && page.selection?.toggle(number),
      extend: () => page.selection?.extend(event.key === "ArrowDown" ? 1 : -1),
      remove: () => page.selection?.remove(),
      latest: () => page.selection?.end() || timeline.leave(),
      keys: () => keys.show(),
      pane: () => this.#toPane(event.shiftKey ? -1 : 1),
    };
    acts[does]();
  }

  /**
   * Where the keyboard goes in each part of the page that is shown, in their order.
   * @returns {{pane: HTMLElement, place: HTMLElement}[]}
   */
  #panes() {
    const { timeline, page } = this;
    const found = [
      { pane: document.getElementById("sidebar"), at: "[aria-current=page], a[href], button" },
      { pane: timeline, at: ".message[tabindex='0']" },
      { pane: page.composer, at: "textarea" },
      { pane: document.getElementById("search-pane"), at: "input" },
      { pane: document.getElementById("members"), at: "[tabindex='0'], button" },
    ];
    return found.flatMap(({ pane, at }) => {
      const place = [
        .../** @type {NodeListOf<HTMLElement>} */ (pane?.querySelectorAll(at) ?? []),
      ].find((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest("[inert]"));
      return pane && place ? [{ pane, place }] : [];
    });
  }

  /** @param {1|-1} step */
  #toPane(step) {
    const panes = this.#panes();
    const here = panes.findIndex(({ pane }) => pane.contains(document.activeElement));
    const next = here < 0 ? (step > 0 ? 0 : panes.length - 1) : (here + step + panes.length) % panes.length;
    panes[next]?.place.focus();
  }

  /**
   * To the "New" line; from below it, to the first that isn't read.
   * @param {number} here the number of the message where one is
   */
  #toUnread(here) {
    const { newAfter, readNumber, lastNumber } = this.page.store.state;
    const targets = [newAfter, readNumber]
      .filter((mark) => mark !== null && mark < lastNumber)
      .map((mark) => Number(mark) + 1);
    const next = targets.find((target) => target > here) ?? targets[0];
    if (next) this.timeline.goTo(next, { visit: false, highlight: false, where: "quarter" });
  }
}
