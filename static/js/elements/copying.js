/** A text that the page may not copy itself: shown selected, to be copied by hand. */
import { part } from "../template.js";
import { openSheet } from "./sheets.js";

/** @param {string} text */
export function showToCopy(text) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("copying"));
  const field = /** @type {HTMLTextAreaElement} */ (part(dialog, "text"));
  field.value = text;
  openSheet(dialog, null);
  field.focus();
  field.select();
}
