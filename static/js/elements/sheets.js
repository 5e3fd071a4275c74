/**
 * Dialogs beside what they are about: over the page at an anchor where there is room, a sheet from below on a phone. Escape and a
 * press beside them close; the focus goes back by itself to where it was.
 */
const GAP = 6; // px between a dialog and its anchor, and the edges of the page

/** Where dialogs are sheets; the same query as in css/sheets.css. */
const sheets = matchMedia("(max-width: 47.99rem), (hover: none) and (pointer: coarse)");
export const isSheet = () => sheets.matches;

/** @param {HTMLDialogElement} dialog @param {Element|DOMRect} anchor */
function place(dialog, anchor) {
  const around = anchor instanceof Element ? anchor.getBoundingClientRect() : anchor;
  const { width, height } = dialog.getBoundingClientRect();
  const below = around.bottom + GAP;
  const above = around.top - GAP - height;
  const top = below + height <= innerHeight - GAP ? below : above >= GAP ? above : innerHeight - GAP - height;
  // Towards the side with more room.
  const left = around.left + around.width / 2 < innerWidth / 2 ? around.left : around.right - width;
  dialog.style.top = `${Math.max(GAP, top)}px`;
  dialog.style.left = `${Math.min(Math.max(GAP, left), innerWidth - GAP - width)}px`;
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Element|DOMRect|null} anchor none: in the middle
 * @returns {Promise<string>} what it was closed with: the value given to `close`, or nothing
 */
export function openSheet(dialog, anchor) {
  if (!dialog.dataset.tied) {
    dialog.dataset.tied = "yes";
    // The press that opened it was before: only one that begins beside it closes.
    dialog.addEventListener("pointerdown", ({ target, clientX: x, clientY: y }) => {
      const { left, right, top, bottom } = dialog.getBoundingClientRect();
      if (target === dialog && (x < left || x > right || y < top || y > bottom)) dialog.close("");
    });
    dialog.addEventListener("click", (event) => /** @type {HTMLElement} */ (event.target).closest("[data-close]") && dialog.close(""));
    // Escape is the dialog's: what listens on the page isn't to hear of it.
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
    sheets.addEventListener("change", () => dialog.close(""));
  }
  dialog.returnValue = "";
  dialog.classList.toggle("beside", Boolean(anchor) && !isSheet());
  dialog.style.top = dialog.style.left = "";
  dialog.showModal();
  if (anchor && !isSheet()) place(dialog, anchor);
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}
