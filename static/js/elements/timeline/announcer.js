/**
 * Announces new messages to screen readers. The list itself is silent, since history is added to it
 * as well.
 */
import { shownName, unknown } from "../../words/names.js";
import { spokenText } from "../../words/rich_text.js";
import { n } from "../../words/texts.js";

const MAX_READ = 3; // so many new messages at once are read out; of more only their number is told
const INTERVAL = 1_500; // ms between two announcements: what comes meanwhile is told together
const LONG = 300; // characters

export class Announcer {
  #announced = 0;
  #next = -Infinity;
  /** Whether it has waited for the names of those who wrote. */
  #waited = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #later;

  /**
   * @param {HTMLElement} region with aria-live
   * @param {import("../../state/store.js").State} state
   * @param {import("../../dom/lifetime.js").Lifetime} lifetime
   */
  constructor(region, state, lifetime) {
    this.region = region;
    this.state = state;
    this.#announced = state.lastNumber;
    lifetime.add(() => clearTimeout(this.#later));
  }

  /** After lines came. */
  announce() {
    this.#announced = Math.min(this.#announced, this.state.lastNumber); // another epoch may begin lower
    if (this.state.lastNumber === this.#announced || this.#later) return;
    const wait = this.#next - performance.now();
    if (wait > 0) this.#later = setTimeout(() => this.#speak(), wait);
    else this.#speak();
  }

  #speak() {
    this.#later = undefined;
    this.#next = performance.now() + INTERVAL;
    const { lines, site, you } = this.state;
    /** @type {import("../../state/types.js").Line[]} */
    const fresh = [];
    for (let index = lines.length - 1; index >= 0; index -= 1) {
      const line = lines[index];
      if (!line.number) continue;
      if (line.number <= this.#announced) break;
      if (line.author !== you.name && !line.deleted && !site.ignored.has(line.author)) fresh.unshift(line);
    }
    const names = fresh.map(({ author }) => shownName(author));
    if (fresh.some(({ author }) => unknown.has(author)) && !this.#waited) {
      this.#waited = true;
      this.#later = setTimeout(() => this.#speak(), INTERVAL);
      return;
    }
    this.#waited = false;
    this.#announced = this.state.lastNumber;
    if (!fresh.length) return;
    const texts =
      fresh.length > MAX_READ
        ? [n("{count} new message", "{count} new messages", fresh.length)]
        : fresh.map((line, place) => `${names[place]}: ${spokenText(line).slice(0, LONG)}`);
    this.region.replaceChildren(
      ...texts.map((text) => {
        const paragraph = document.createElement("p");
        paragraph.textContent = text;
        return paragraph;
      }),
    );
  }
}
