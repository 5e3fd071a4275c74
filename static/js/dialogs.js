/** The dialogs over the page: opened by whatever has data-dialog with their id, closed by Escape, a press beside them or [data-close]. */

/** @typedef {{opener: HTMLElement|null, several?: boolean}} Opening */

/**
 * Makes a <dialog> one of these. The browser keeps the focus in it and gives it back.
 * @param {HTMLDialogElement} dialog
 */
export function tame(dialog) {
  // The page's own keys stay out of it.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("click", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    // Its body fills it, so what hits the dialog itself hit the ground beside it.
    if (target === dialog || target.closest("[data-close]")) dialog.close();
  });
}

/**
 * Opens it, where there is room for that beside what it belongs to.
 * @param {HTMLDialogElement} dialog @param {HTMLElement|null} [anchor]
 */
export function open(dialog, anchor = null) {
  if (dialog.open) return;
  dialog.showModal();
  const from = anchor?.getBoundingClientRect();
  dialog.classList.toggle("anchored", Boolean(from));
  if (!from) return;
  const { offsetWidth, offsetHeight } = dialog;
  const gap = 8;
  const most = innerWidth - offsetWidth - gap;
  // Beside it where it fits, else below or above it. It may grow while it is open: away from the nearer edge.
  const beside = [from.right + gap, from.left - gap - offsetWidth].find((x) => x >= gap && x <= most);
  const isLow = from.top > innerHeight / 2;
  const edge = isLow ? innerHeight - (beside === undefined ? from.top - gap : from.bottom) : beside === undefined ? from.bottom + gap : from.top;
  const place = Math.max(gap, Math.min(edge, innerHeight - offsetHeight - gap));
  const y = `${place}px`;
  // css/dialogs.css uses them where the screen is wide enough.
  dialog.style.setProperty("--x", `${Math.max(gap, Math.min(beside ?? from.left, most))}px`);
  dialog.style.setProperty("--top", isLow ? "auto" : y);
  dialog.style.setProperty("--bottom", isLow ? y : "auto");
  dialog.style.setProperty("--most", `${innerHeight - place - gap}px`);
}

/** Presses on openers of this dialog. @param {string} id @param {(opener: HTMLElement) => void} show */
export function onOpener(id, show) {
  document.addEventListener("click", (event) => {
    const opener = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest(`[data-dialog="${id}"]`));
    if (opener) show(opener);
  });
}
