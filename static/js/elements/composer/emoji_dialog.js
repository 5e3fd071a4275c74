/**
 * The emoji picker: recent ones, sets to browse, a search by name. The keyboard works from the
 * search box.
 */
import { isSheet, openDialog } from "../../dom/dialogs.js";
import { recentEmoji, rememberEmoji } from "../../local/recent_emoji.js";
import { allEmoji } from "../../server/emoji.js";
import { findEmoji, neighbour } from "../../words/emoji_search.js";
import { emojiSets } from "../../words/emoji_sets.js";
import { cloneElement, part } from "../../dom/template.js";
import { t } from "../../words/texts.js";

const RECENT = 16; // two rows
const ARROWS = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);

/** @typedef {import("../../words/emoji_search.js").Named} Named */

class EmojiPicker {
  /** @type {Named[]} */ #all = [];
  /** @type {Map<string, string>} */ #names = new Map();
  #active = 0;

  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("emoji-picker"));
    this.search = /** @type {HTMLInputElement} */ (document.getElementById("emoji-search"));
    this.grid = /** @type {HTMLElement} */ (document.getElementById("emoji-grid"));
    this.search.addEventListener("input", () => this.#show());
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.grid.addEventListener("click", ({ target }) => {
      const option = /** @type {HTMLElement} */ (target).closest(".emoji");
      if (option) this.dialog.close(option.textContent ?? "");
    });
    this.grid.addEventListener("pointermove", ({ target, pointerType }) => {
      const option = pointerType === "mouse" && /** @type {HTMLElement} */ (target).closest(".emoji");
      if (option && !option.ariaSelected)
        this.#activate(this.#options().indexOf(/** @type {HTMLElement} */ (option)), false);
    });
  }

  /** @param {Element|null} anchor @returns {Promise<string|null>} */
  async open(anchor) {
    if (this.dialog.open) return null;
    this.search.value = "";
    this.#show();
    const closed = openDialog(this.dialog, anchor);
    // On a phone the keyboard would cover what is to be chosen from.
    if (isSheet()) this.grid.focus();
    else this.search.focus();
    this.grid.scrollTop = 0;
    this.#load();
    const emoji = await closed;
    if (emoji) rememberEmoji(emoji);
    return emoji || null;
  }

  async #load() {
    if (this.#all.length) return;
    this.#all = await allEmoji();
    this.#names = new Map(this.#all.map(([emoji, name]) => [emoji, name]));
    if (!this.dialog.open) return;
    if (this.search.value.trim()) this.#show();
    else this.#nameAll();
  }

  #show() {
    const query = this.search.value.trim();
    const sets = query
      ? [{ label: t("Found"), emoji: findEmoji(this.#all, query) }]
      : [{ label: t("Used lately"), emoji: recentEmoji(RECENT) }, ...emojiSets()];
    this.grid.replaceChildren(
      ...sets
        .filter((set) => set.emoji.length)
        .map(({ label, emoji }) => {
          const section = cloneElement("emoji-set");
          section.setAttribute("aria-label", label);
          part(section, "label").textContent = label;
          part(section, "emoji").replaceChildren(
            ...emoji.map((one) => {
              const option = cloneElement("emoji");
              option.textContent = one;
              return option;
            }),
          );
          return section;
        }),
    );
    this.#options().forEach((option, index) => (option.id = `emoji-${index}`));
    this.#nameAll();
    this.#activate(0);
  }

  #nameAll() {
    for (const option of this.#options()) {
      const name = this.#names.get(option.textContent ?? "");
      if (name) option.setAttribute("aria-label", name);
    }
    this.#describe();
  }

  /** @returns {HTMLElement[]} */
  #options() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.grid.querySelectorAll(".emoji"))];
  }

  /** @param {number} index @param {boolean} [scroll] */
  #activate(index, scroll = true) {
    const options = this.#options();
    this.#active = index;
    this.grid.querySelector("[aria-selected=true]")?.removeAttribute("aria-selected");
    const option = options[index];
    if (option) {
      option.setAttribute("aria-selected", "true");
      this.search.setAttribute("aria-activedescendant", option.id);
      // With its heading, for the first of a set.
      if (scroll && index < RECENT) this.grid.scrollTop = 0;
      else if (scroll) option.scrollIntoView({ block: "nearest" });
    } else {
      this.search.removeAttribute("aria-activedescendant");
    }
    this.#describe();
  }

  /** Shows the active one in large with its name, or why there is none. */
  #describe() {
    const emoji = this.#options()[this.#active]?.textContent ?? "";
    part(this.dialog, "shown").textContent = emoji;
    const nothing = this.#all.length
      ? t("Nothing is called that.")
      : t("The names of emoji couldn’t be loaded.");
    part(this.dialog, "name").textContent = emoji ? (this.#names.get(emoji) ?? "") : nothing;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const options = this.#options();
    if (event.key === "Escape") {
      // At once: a search box would empty itself first.
      event.preventDefault();
      this.dialog.close("");
    } else if (event.key === "Enter" && options[this.#active]) {
      event.preventDefault();
      this.dialog.close(options[this.#active].textContent ?? "");
    } else if (ARROWS.has(event.key) && options.length) {
      event.preventDefault();
      const places = options.map((option) => ({ x: option.offsetLeft, y: option.offsetTop }));
      this.#activate(neighbour(places, this.#active, event.key));
    }
  }
}

/** @type {EmojiPicker|null} */
let picker = null;

/** As openEmojiPicker. @param {Element|null} anchor @returns {Promise<string|null>} */
export function chooseEmoji(anchor) {
  if (!picker?.dialog.isConnected) picker = new EmojiPicker();
  return picker.open(anchor);
}
