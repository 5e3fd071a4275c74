/** The dialog that shows every key of the page, from the table of keys. */
import { hideSpoilers } from "../../words/rich_text.js";
import { PageElement } from "../page_element.js";
import { openDialog } from "../../dom/dialogs.js";
import { keyGroups, labelsOf } from "../../words/keys.js";
import { cloneElement, part } from "../../dom/template.js";

/** @param {string} key @returns {Node[]} */
function spell(key) {
  return labelsOf(key).flatMap((label, index) => {
    const kbd = document.createElement("kbd");
    kbd.textContent = label;
    return index ? [document.createTextNode(" "), kbd] : [kbd];
  });
}

/** @param {string[]} keys */
const spellAll = (keys) =>
  keys.flatMap((key, index) => (index ? [document.createTextNode(" · "), ...spell(key)] : spell(key)));

export class ChatKeys extends PageElement {
  /** @type {HTMLDialogElement} */ dialog;

  start() {
    const { signal } = this.begin();
    this.dialog = /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
    hideSpoilers(this.dialog);
    for (const button of document.querySelectorAll("[data-keys]"))
      button.addEventListener("click", () => this.show(), { signal });
  }

  show() {
    if (this.dialog.open) return;
    part(this.dialog, "groups").replaceChildren(
      ...keyGroups().map(({ title, keys }) => {
        const group = cloneElement("key-group");
        part(group, "title").textContent = title;
        part(group, "keys").replaceChildren(
          ...keys.map((key) => {
            const row = cloneElement("key");
            part(row, "keys").replaceChildren(...spellAll(key.keys));
            part(row, "says").textContent = key.says();
            return row;
          }),
        );
        return group;
      }),
    );
    openDialog(this.dialog);
  }
}
