/** The composer's toolbar: each tool by a button and by keys, on the selected text. */
import { latinKey } from "../../dom/key_of.js";
import { applyEdit, selectedIn } from "../../composing/textbox.js";

/** With Ctrl (on a Mac Cmd), by what the key writes or, in other scripts, where it is. */
const KEYS = { KeyB: "bold", KeyI: "italic", KeyE: "code" };
const SHIFT_KEYS = {
  KeyX: "strike",
  KeyC: "block",
  KeyU: "link",
  Digit7: "numbers",
  Digit8: "list",
  Digit9: "quote",
};
const MAC = /Mac|iP(hone|ad|od)/.test(navigator.platform);

/** @param {KeyboardEvent} event @returns {string|undefined} the tool that these keys are */
function toolOf(event) {
  if (!(MAC ? event.metaKey : event.ctrlKey) || event.altKey) return undefined;
  const key = latinKey(event);
  // The keys of digits count by their place; what else is a letter is none of these.
  const code = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : event.code.replace(/^Key.*/, "");
  return /** @type {Record<string, string>} */ (event.shiftKey ? SHIFT_KEYS : KEYS)[code];
}

/** @typedef {typeof import("../../composing/tools.js").TOOLS} Tools */

export class Toolbar {
  /** Loaded when one begins to write. @type {Tools|null} */ #tools = null;

  /**
   * @param {HTMLElement} root role=toolbar
   * @param {HTMLButtonElement} opener shows it where there is little room
   * @param {HTMLTextAreaElement} box
   * @param {Record<string, () => void>} others what other buttons do
   * @param {AbortSignal} signal its end
   */
  constructor(root, opener, box, others, signal) {
    this.root = root;
    this.box = box;
    box.addEventListener("focus", () => void this.#load(), { once: true, signal });
    this.buttons = [.../** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll("[data-tool]"))];
    for (const button of this.buttons) {
      const tool = button.dataset.tool ?? "";
      button.addEventListener("click", () => (others[tool] ?? (() => this.use(tool)))(), { signal });
    }
    // Before the box loses the focus, so that it keeps it, and on a phone its keyboard.
    for (const node of [root, opener])
      node.addEventListener("mousedown", (event) => event.preventDefault(), { signal });
    root.addEventListener("keydown", (event) => this.#moveFocus(event), { signal });
    root.addEventListener(
      "focusin",
      ({ target }) => this.#setTabStop(/** @type {HTMLButtonElement} */ (target)),
      { signal },
    );
    opener.addEventListener(
      "click",
      () => {
        const open = root.classList.toggle("open");
        opener.setAttribute("aria-expanded", String(open));
      },
      { signal },
    );
    this.#setTabStop(this.buttons[0]);
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the keys were a tool's */
  key(event) {
    const tool = toolOf(event);
    if (!tool) return false;
    event.preventDefault();
    void this.use(tool);
    return true;
  }

  /** @param {string} tool */
  async use(tool) {
    // What is typed next comes after it: so it isn't waited for what is here.
    this.#apply(tool, this.#tools ?? (await this.#load()));
  }

  /** @param {string} tool @param {Tools} tools */
  #apply(tool, tools) {
    if (!this.box.hidden) applyEdit(this.box, tools[tool](selectedIn(this.box)));
  }

  async #load() {
    return (this.#tools = (await import("../../composing/tools.js")).TOOLS);
  }

  /** One stop of the Tab key; arrows go on from there. @param {HTMLButtonElement} chosen */
  #setTabStop(chosen) {
    if (!this.buttons.includes(chosen)) return;
    for (const button of this.buttons) button.tabIndex = button === chosen ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  #moveFocus(event) {
    const place = this.buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const last = this.buttons.length - 1;
    const forward = getComputedStyle(this.root).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const next = {
      [forward]: place === last ? 0 : place + 1,
      [back]: place === 0 ? last : place - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (place < 0 || next === undefined) return;
    event.preventDefault();
    this.buttons[next].focus();
  }
}
