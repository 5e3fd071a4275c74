/** A toast of a script that has no store: the page's toasts show it, where the page has them. */

export const TOASTED = "toasted";

/** @param {string} text @param {() => void} [undo] takes back what the text tells */
export function showToast(text, undo) {
  document.dispatchEvent(new CustomEvent(TOASTED, { detail: { text, undo } }));
}
