/** A button that copies a text; shown where the browser can. */

/** @param {ParentNode} within */
export function showCopying(within) {
  const button = /** @type {HTMLButtonElement | null} */ (within.querySelector("[data-copy]"));
  if (!button || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy ?? "");
    const said = button.parentElement?.querySelector("[role=status]");
    if (said) said.textContent = button.dataset.copied ?? "";
  });
}

showCopying(document);
