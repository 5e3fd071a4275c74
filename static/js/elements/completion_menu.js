/** The list of proposals above the composer: a combobox's listbox (ARIA 1.2), whose focus stays in the box. */
import { cloneElement, part } from "../template.js";

export class CompletionMenu {
  /** @type {import("../completion.js").Completion|null} */ #completion = null;
  #active = 0;
  #dismissed = "";

  /**
   * @param {HTMLTextAreaElement} box @param {HTMLElement} list
   * @param {(completion: import("../completion.js").Completion, item: import("../completion.js").Proposal) => void} take
   */
  constructor(box, list, take) {
    this.box = box;
    this.list = list;
    this.take = take;
    // Before the box loses the focus, so that it keeps it.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = /** @type {HTMLElement} */ (event.target).closest("[role=option]");
      if (option) this.#choose([...list.children].indexOf(option));
    });
  }

  /** @param {import("../completion.js").Completion|null} completion */
  show(completion) {
    if (!completion || this.#dismissed === this.box.value) {
      this.close();
      return;
    }
    this.#dismissed = "";
    this.#completion = completion;
    this.list.replaceChildren(
      ...completion.items.map((item, index) => {
        const option = cloneElement("completion");
        option.id = `completion-${index}`;
        part(option, "label").textContent = item.label;
        part(option, "detail").textContent = item.detail;
        return option;
      }),
    );
    this.list.hidden = false;
    // A combobox while there is something to choose, a plain text box of several lines otherwise.
    const { box } = this;
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", this.list.id);
    box.setAttribute("aria-expanded", "true");
    this.#activate(0);
  }

  close() {
    if (!this.#completion) return;
    this.#completion = null;
    this.list.hidden = true;
    this.list.replaceChildren();
    for (const name of ["role", "aria-autocomplete", "aria-controls", "aria-expanded", "aria-activedescendant"]) this.box.removeAttribute(name);
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was for the menu */
  key(event) {
    if (!this.#completion || event.ctrlKey || event.metaKey || event.altKey) return false;
    const count = this.#completion.items.length;
    switch (event.key) {
      case "ArrowDown":
        this.#activate((this.#active + 1) % count);
        break;
      case "ArrowUp":
        this.#activate((this.#active - 1 + count) % count);
        break;
      case "Enter":
        if (event.shiftKey || this.#isTyped()) {
          this.close();
          return false;
        }
        this.#choose(this.#active);
        break;
      case "Tab":
        if (event.shiftKey) return false;
        this.#choose(this.#active);
        break;
      case "Escape":
        this.#dismissed = this.box.value;
        this.close();
        break;
      default:
        return false;
    }
    event.preventDefault();
    return true;
  }

  /** The proposal is there word for word and needs nothing more: Enter means to send. */
  #isTyped() {
    const { from, to, items } = /** @type {import("../completion.js").Completion} */ (this.#completion);
    const item = items[this.#active];
    return item.done && item.text.trim().toLowerCase() === this.box.value.slice(from, to).toLowerCase();
  }

  /** @param {number} index */
  #activate(index) {
    this.#active = index;
    [...this.list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
    const option = this.list.children[index];
    this.box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  #choose(index) {
    const completion = this.#completion;
    if (!completion) return;
    this.close();
    this.take(completion, completion.items[index]);
  }
}
