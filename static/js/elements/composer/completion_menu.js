/** The completions above the composer: a listbox (ARIA 1.2), while the focus stays in the box. */
import { cloneElement, part } from "../../dom/template.js";
import { paintAvatar } from "../people/avatar.js";

/**
 * Of one proposal.
 * @param {import("../../composing/completion.js").Proposal} item
 * @param {number} index
 */
function makeOption(item, index) {
  const option = cloneElement("completion");
  option.id = `completion-${index}`;
  option.dataset.sign = item.kind === "room" || item.sign === "group" ? item.sign : item.kind;
  if (option.dataset.sign === "person") paintAvatar(part(option, "avatar"), item.name);
  if (item.kind === "emoji") part(option, "emoji").textContent = item.sign;
  part(option, "label").textContent = item.label;
  part(option, "detail").textContent = item.detail;
  return option;
}

export class CompletionMenu {
  /** @type {import("../../composing/completion.js").Completion|null} */ #completion = null;
  /** -1: none, until one moves into a passive list. */ #active = 0;
  #moved = false;
  #dismissed = "";

  /**
   * @param {HTMLTextAreaElement} box
   * @param {HTMLElement} list
   * @param {(completion: import("../../composing/completion.js").Completion, item:
   *   import("../../composing/completion.js").Proposal) => void} take
   * @param {AbortSignal} signal its end
   */
  constructor(box, list, take, signal) {
    this.box = box;
    this.list = list;
    this.take = take;
    // Before the box loses the focus, so that it keeps it.
    list.addEventListener("mousedown", (event) => event.preventDefault(), { signal });
    list.addEventListener(
      "click",
      (event) => {
        const option = /** @type {HTMLElement} */ (event.target).closest("[role=option]");
        if (option) this.#choose([...list.children].indexOf(option));
      },
      { signal },
    );
  }

  /** @param {import("../../composing/completion.js").Completion|null} completion */
  show(completion) {
    if (!completion || this.#dismissed === this.box.value) {
      this.close();
      return;
    }
    this.#dismissed = "";
    const before = this.#completion;
    const chosen = before?.items[this.#active];
    this.#completion = completion;
    this.list.replaceChildren(...completion.items.map(makeOption));
    this.list.hidden = false;
    // A text box of several lines that has a list for a while: HTML lets it be no combobox.
    const { box } = this;
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", this.list.id);
    box.setAttribute("aria-haspopup", "listbox");
    // What came later from the server doesn't take the chosen one away.
    const kept =
      before?.from === completion.from && this.#moved
        ? completion.items.findIndex(({ text }) => text === chosen?.text)
        : -1;
    if (kept < 0) this.#moved = false;
    this.#activate(kept >= 0 ? kept : completion.passive ? -1 : 0);
  }

  close() {
    if (!this.#completion) return;
    this.#completion = null;
    this.#moved = false;
    this.list.hidden = true;
    this.list.replaceChildren();
    for (const name of ["aria-autocomplete", "aria-controls", "aria-haspopup", "aria-activedescendant"])
      this.box.removeAttribute(name);
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was for the menu */
  key(event) {
    if (!this.#completion || event.ctrlKey || event.metaKey || event.altKey) return false;
    const count = this.#completion.items.length;
    switch (event.key) {
      case "ArrowDown":
        this.#move((this.#active + 1) % count);
        break;
      case "ArrowUp":
        this.#move(this.#active <= 0 ? count - 1 : this.#active - 1);
        break;
      case "Enter":
        if (event.shiftKey || this.#active < 0 || this.#isTyped()) {
          this.close();
          return false;
        }
        this.#choose(this.#active);
        break;
      case "Tab":
        if (event.shiftKey) return false;
        this.#choose(Math.max(this.#active, 0));
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
    const { from, to, items } = /** @type {import("../../composing/completion.js").Completion} */ (
      this.#completion
    );
    const item = items[this.#active];
    return item.done && item.text.trim().toLowerCase() === this.box.value.slice(from, to).toLowerCase();
  }

  /** @param {number} index */
  #move(index) {
    this.#moved = true;
    this.#activate(index);
  }

  /** @param {number} index */
  #activate(index) {
    this.#active = index;
    [...this.list.children].forEach((option, place) =>
      option.setAttribute("aria-selected", String(place === index)),
    );
    const option = this.list.children[index];
    if (option) this.box.setAttribute("aria-activedescendant", option.id);
    else this.box.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  #choose(index) {
    const completion = this.#completion;
    if (!completion) return;
    this.close();
    this.take(completion, completion.items[index]);
  }
}
