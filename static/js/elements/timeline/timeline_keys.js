/** The keys of the timeline, and those that lead into it from anywhere. */
import { doing, PAGE_KEYS, TIMELINE_KEYS } from "../../words/keys.js";

/** Where a key is somebody else's. */
const NOT_OURS =
  "input, textarea, select, [contenteditable], dialog, [popover], [role=menu], [role=listbox], [role=dialog]";

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
      does !== "keys" || table === TIMELINE_KEYS
        ? target.closest(NOT_OURS)
        : document.querySelector("dialog[open]")
    )
      return;
    if (does === "menu" && event.key === "Enter" && target !== this.timeline.rovingFocus.current) return;
    if (does === "latest" && target !== document.body && !this.timeline.contains(target)) return;
    event.preventDefault();
    this.#do(does);
  }

  /** @param {string} does a name in the table of keys */
  #do(does) {
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
      next: () => rovingFocus.move(1),
      previous: () => rovingFocus.move(-1),
      first: () => rovingFocus.first(),
      last: async () => {
        await timeline.toLatest();
        rovingFocus.last();
      },
      unread: () => this.#toUnread(number ?? 0),
      reply: () => line && !line.deleted && compose("replying"),
      edit: () => line && !line.deleted && line.author === you.name && compose("editing"),
      react: () => tell("message-react"),
      menu: () => tell("message-menu"),
      latest: () => timeline.leave(),
      keys: () => keys.show(),
    };
    acts[does]();
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
