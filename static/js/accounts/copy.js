/** A button that copies a text; shown where the browser can. */
const button = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-copy]"));
if (button && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy ?? "");
    const said = button.parentElement?.querySelector("[role=status]");
    if (said) said.textContent = button.dataset.copied ?? "";
  });
}
