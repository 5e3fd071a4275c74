/**
 * Chips below a box of the search: the words with a meaning that may come next, or what may follow one that
 * is being typed, as people and rooms.
 */
import { openWord, proposals } from "../../composing/search_words.js";
import { peopleLookup, roomLookup } from "../../server/lookups.js";
import { plainName } from "../../words/names.js";

/** @typedef {{name: string, title?: string, display_name?: string}} Known */

export class WordChips {
  /** Of the server, for what is typed. */
  #people = peopleLookup(() => this.show());
  #rooms = roomLookup(() => this.show());

  /**
   * @param {HTMLInputElement} box
   * @param {HTMLElement} place of the chips
   * @param {() => void} changed a chip has changed what is typed
   * @param {AbortSignal} signal its end
   */
  constructor(box, place, changed, signal) {
    this.box = box;
    this.place = place;
    this.changed = changed;
    box.addEventListener("input", () => this.show(), { signal });
    // Before the box loses the focus, so that it keeps it.
    place.addEventListener("mousedown", (event) => event.preventDefault(), { signal });
    place.addEventListener("click", (event) => this.#press(event), { signal });
    signal.addEventListener("abort", () => {
      this.#people.stop();
      this.#rooms.stop();
    });
    this.show();
  }

  show() {
    const typed = this.box.value;
    const open = openWord(typed);
    const value = open?.value ?? "";
    const people = open?.word === "from:" && value ? this.#people.find(value) : [];
    const rooms = open?.word === "in:" && value ? this.#rooms.find(value) : [];
    const own = open?.word === "from:" && !value ? [{ name: "me", shown: "from:me" }] : [];
    const found = proposals(typed, {
      people: [...own, ...people.map(({ name }) => ({ name, shown: plainName(name) || name }))],
      rooms: rooms.map(({ name, title }) => ({ name, shown: `#${title ?? name}` })),
      today: new Date().toLocaleDateString("sv"),
    });
    const focused = document.activeElement?.closest(".word-chip")?.textContent;
    const chips = found.map(({ label, text, kind }) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "chip word-chip";
      chip.dataset.text = text;
      chip.dataset.kind = kind;
      chip.dir = "auto";
      chip.textContent = label;
      return chip;
    });
    this.place.replaceChildren(...chips);
    this.place.hidden = !chips.length;
    if (focused) (chips.find((chip) => chip.textContent === focused) ?? this.box).focus();
  }

  /** @param {MouseEvent} event */
  #press(event) {
    const pressed = /** @type {Element} */ (event.target).closest(".word-chip");
    const chip = /** @type {HTMLElement|null} */ (pressed);
    if (!chip) return;
    this.box.value = chip.dataset.text ?? "";
    this.box.focus();
    this.show();
    this.changed();
  }
}
