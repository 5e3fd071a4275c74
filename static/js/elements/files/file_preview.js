/** What is in a text, code or table, unfolded below its card. */
import { get } from "../../server/http.js";
import { cloneElement, part } from "../../dom/template.js";
import { t } from "../../words/texts.js";

/** @param {HTMLElement} button of a file's card */
export async function toggleFilePreview(button) {
  const card = /** @type {HTMLElement} */ (button.closest("[data-file]"));
  const known = part(card, "file-preview");
  if (known) {
    known.hidden = !known.hidden;
    show(button, !known.hidden);
    return;
  }
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await get(`/files/${card.dataset.file}/preview`);
    if (!answer.ok && answer.status !== 404) throw new Error(`${answer.status}`);
    const box = cloneElement("file-preview");
    const name = part(card, "file-name").textContent ?? "";
    box.setAttribute("aria-label", t("What is in {name}", { name }));
    // Made and sanitised by the server from the file's text; the file itself is never of this type.
    const isMade = answer.ok && answer.headers.get("Content-Type")?.startsWith("text/html");
    if (isMade) box.innerHTML = await answer.text();
    else box.textContent = t("There is no preview of this file.");
    if (!card.isConnected) return;
    card.append(box);
    show(button, true);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** @param {HTMLElement} button @param {boolean} isOpen */
function show(button, isOpen) {
  button.setAttribute("aria-expanded", String(isOpen));
  button.textContent = isOpen ? t("Fold") : t("Preview");
}
