/** Changes the text of a box as typing would: in one step for the browser's undo. */

/** @param {HTMLTextAreaElement} box @param {import("./markup.js").Edit} edit */
export function applyEdit(box, { from, to, insert, start, end }) {
  box.focus({ preventScroll: true });
  if (from !== to || insert) {
    box.setSelectionRange(from, to);
    // Deprecated, and still the only way that keeps the undo of a textarea; without it the text is
    // changed all the same.
    const done = insert ? document.execCommand("insertText", false, insert) : document.execCommand("delete");
    if (!done) {
      box.setRangeText(insert, from, to);
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  box.setSelectionRange(start, end);
}

/** @param {HTMLTextAreaElement} box @returns {import("./markup.js").Selected} */
export const selectedIn = (box) => ({ text: box.value, start: box.selectionStart, end: box.selectionEnd });
