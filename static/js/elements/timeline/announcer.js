/** Says aloud what is new at the end of the timeline, and only that: the list itself is silent, since history is put into it too. */
import { shownName } from "../../words/names.js";
import { n } from "../../words/texts.js";

const ALOUD = 3; // so many new messages at once are read out; of more only their number is told
const CALM = 1_500; // ms between two announcements: what comes meanwhile is told together
const LONG = 300; // characters

export class Announcer {
  #said = 0;
  #after = -Infinity;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #later;

  /** @param {HTMLElement} region with aria-live @param {import("../../state/store.js").State} state */
  constructor(region, state) {
    this.region = region;
    this.state = state;
    this.#said = state.lastNumber;
  }

  /** After lines came. */
  tell() {
    this.#said = Math.min(this.#said, this.state.lastNumber); // another epoch may begin lower
    if (this.state.lastNumber === this.#said || this.#later) return;
    const wait = this.#after - performance.now();
    if (wait > 0) this.#later = setTimeout(() => this.#speak(), wait);
    else this.#speak();
  }

  #speak() {
    this.#later = undefined;
    this.#after = performance.now() + CALM;
    const { lines, you } = this.state;
    /** @type {import("../../state/store.js").Line[]} */
    const fresh = [];
    for (let place = lines.length - 1; place >= 0; place -= 1) {
      const line = lines[place];
      if (!line.number) continue;
      if (line.number <= this.#said) break;
      if (line.author !== you.name && !line.deleted) fresh.unshift(line);
    }
    this.#said = this.state.lastNumber;
    if (!fresh.length) return;
    const texts = fresh.length > ALOUD ? [n("{count} new message", "{count} new messages", fresh.length)] : fresh.map((line) => `${shownName(line.author)}: ${line.text.slice(0, LONG)}`);
    this.region.replaceChildren(
      ...texts.map((text) => {
        const paragraph = document.createElement("p");
        paragraph.textContent = text;
        return paragraph;
      }),
    );
  }
}
