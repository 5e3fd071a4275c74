/** A text that the page may not copy itself: shown selected, to be copied by hand. */
import { openDialog } from "../../dom/dialogs.js";
import { part } from "../../dom/template.js";

/** @param {string} text */
export function showToCopy(text) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("copying"));
  const field = /** @type {HTMLTextAreaElement} */ (part(dialog, "text"));
  field.value = text;
  openDialog(dialog);
  field.focus();
  field.select();
}
