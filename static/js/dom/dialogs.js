/**
 * The dialogs over the page: beside their anchor where there is room, from below on a phone.
 * Escape, Back, a click on the backdrop and [data-close] close them; the focus returns by itself.
 */
import { closeDialogOnBack } from "./way_back.js";

const GAP = 6; // px between a dialog and its anchor, and the edges of the page
const LOADED = 320; // px that a dialog may need once its contents are here

/** Where dialogs come from below; the same query as in css/dialogs.css and css/menus.css. */
const sheets = matchMedia("(max-width: 47.99rem), (hover: none) and (pointer: coarse)");
export const isSheet = () => sheets.matches;

/**
 * Who waits for a dialog to be closed.
 * @type {WeakMap<HTMLDialogElement, ((value: string) => void)[]>}
 */
const waiting = new WeakMap();

/** Tells them what it was closed with. @param {HTMLDialogElement} dialog */
function settle(dialog) {
  const waited = waiting.get(dialog) ?? [];
  waiting.delete(dialog);
  for (const tell of waited) tell(dialog.returnValue);
}

/** Handles keys and presses while it is open. @param {HTMLDialogElement} dialog */
function listen(dialog) {
  const ended = new AbortController();
  const { signal } = ended;
  // The page's own keys stay out of it.
  dialog.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
  let isBeside = false;
  const press = (/** @type {PointerEvent} */ { target, clientX: x, clientY: y }) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    isBeside = target === dialog && (x < left || x > right || y < top || y > bottom);
  };
  const click = (/** @type {MouseEvent} */ { target }) => {
    // Only a press that began on the backdrop closes: one that drags out of the dialog doesn't.
    if ((isBeside && target === dialog) || /** @type {Element} */ (target).closest("[data-close]"))
      dialog.close("");
  };
  dialog.addEventListener("pointerdown", press, { signal });
  dialog.addEventListener("click", click, { signal });
  sheets.addEventListener("change", () => dialog.close(""), { signal });
  const close = () => {
    // The event of an earlier close may come after it was opened again.
    if (dialog.open) return;
    ended.abort();
    settle(dialog);
  };
  dialog.addEventListener("close", close, { signal });
}

/**
 * css/dialogs.css uses what is set here.
 * @param {HTMLDialogElement} dialog
 * @param {DOMRect} from
 * @param {boolean} beside
 */
function place(dialog, from, beside) {
  const { offsetWidth: width, offsetHeight: height } = dialog;
  const most = innerWidth - GAP - width;
  const side = beside
    ? [from.right + GAP, from.left - GAP - width].find((x) => x >= GAP && x <= most)
    : undefined;
  // It may grow while it is open: away from the nearer edge.
  const fitsBelow = from.bottom + GAP + Math.max(height, LOADED) <= innerHeight - GAP;
  const isLow =
    side === undefined ? !fitsBelow && from.top > innerHeight - from.bottom : from.top > innerHeight / 2;
  const above = innerHeight - (side === undefined ? from.top - GAP : from.bottom);
  const below = side === undefined ? from.bottom + GAP : from.top;
  const y = Math.max(GAP, Math.min(isLow ? above : below, innerHeight - GAP - height));
  // Over or under its anchor it goes towards the side with more room.
  const x = side ?? (from.left + from.width / 2 < innerWidth / 2 ? from.left : from.right - width);
  dialog.style.setProperty("--x", `${Math.max(GAP, Math.min(x, most))}px`);
  dialog.style.setProperty("--top", isLow ? "auto" : `${y}px`);
  dialog.style.setProperty("--bottom", isLow ? `${y}px` : "auto");
  dialog.style.setProperty("--most", `${innerHeight - y - GAP}px`);
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Element|DOMRect|null} [anchor] what it is about; none: in the middle
 * @param {{beside?: boolean}} [how] `beside`: at the side of its anchor, where it fits, rather than
 *   over or under it
 * @returns {Promise<string>} what it was closed with: the value given to `close`, or nothing
 */
export function openDialog(dialog, anchor = null, { beside = false } = {}) {
  if (!dialog.open) {
    const isAnchored = anchor !== null && !isSheet();
    // It may have been closed just before, and the event of that is still to come.
    settle(dialog);
    dialog.returnValue = "";
    dialog.classList.toggle("anchored", isAnchored);
    for (const name of ["--x", "--top", "--bottom", "--most"]) dialog.style.removeProperty(name);
    dialog.showModal();
    listen(dialog);
    const closed = isSheet() ? closeDialogOnBack(() => dialog.close("")) : () => {};
    dialog.addEventListener("close", () => closed(), { once: true });
    if (isAnchored)
      place(dialog, anchor instanceof Element ? anchor.getBoundingClientRect() : anchor, beside);
  }
  return new Promise((resolve) => waiting.set(dialog, [...(waiting.get(dialog) ?? []), resolve]));
}

/**
 * Presses on whatever has data-dialog with this id.
 * @param {string} id
 * @param {(opener: HTMLElement) => void} show
 * @param {AbortSignal} signal the end of it
 */
export function onOpener(id, show, signal) {
  const click = (/** @type {MouseEvent} */ event) => {
    const opener = /** @type {HTMLElement|null} */ (
      /** @type {Element} */ (event.target).closest(`[data-dialog="${id}"]`)
    );
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // Without scripts it may lead elsewhere.
    event.preventDefault();
    show(opener);
  };
  document.addEventListener("click", click, { signal });
}
