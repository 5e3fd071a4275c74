/**
 * What pages do with the HTML of a text, which the server has made: hidden text is a button until
 * somebody opens it, and people are called by their names.
 */
import { spokenFile } from "./files.js";
import { handleBeside, shownName } from "./names.js";
import { t } from "./texts.js";

/** @param {ParentNode} root */
export function hideSpoilers(root) {
  for (const spoiler of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".spoiler"))) {
    if (spoiler.hasAttribute("role") || "open" in spoiler.dataset) continue;
    // Nobody reads it, finds it in the page or follows a link in it before it is opened.
    const inside = document.createElement("span");
    inside.inert = true;
    inside.ariaHidden = "true";
    inside.append(...spoiler.childNodes);
    spoiler.append(inside);
    spoiler.setAttribute("role", "button");
    spoiler.setAttribute("aria-label", t("hidden text"));
    spoiler.title = t("Press to read it");
  }
}

/** @param {HTMLElement} spoiler */
function open(spoiler) {
  spoiler.dataset.open = "";
  spoiler.removeAttribute("title");
  for (const name of ["role", "aria-label"]) spoiler.removeAttribute(name);
  // The focus stays where it is; Tab doesn't stop there any more.
  spoiler.tabIndex = -1;
  const inside = /** @type {HTMLElement} */ (spoiler.firstElementChild);
  inside.inert = false;
  inside.ariaHidden = null;
}

/** Opens what is hidden, by a press, Enter or Space. @param {AbortSignal} [signal] the end of it */
export function openSpoilers(signal) {
  const act = (/** @type {Event} */ event) => {
    const spoiler = /** @type {HTMLElement|null} */ (
      /** @type {Element} */ (event.target).closest?.(".spoiler[role=button]")
    );
    const { key } = /** @type {KeyboardEvent} */ (event);
    if (!spoiler || (event.type === "keydown" && key !== "Enter" && key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    open(spoiler);
  };
  for (const type of ["click", "keydown"]) document.addEventListener(type, act, { signal, capture: true });
}

/** Whoever has a name is called by it, with the handle in the tooltip. @param {ParentNode} root */
export function nameMentions(root) {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (root.querySelectorAll("a.mention"))) {
    const handle = decodeURIComponent(link.pathname.split("/").at(-1) ?? "");
    const shown = `@${shownName(handle)}`;
    if (link.textContent !== shown) link.textContent = shown;
    link.title = handleBeside(handle);
  }
}

/**
 * A text as it is read out: without what is hidden.
 * @param {{text: string, html?: string, files?: any[]}} line
 */
export function spokenText({ files = [], ...line }) {
  return [textOf(line), ...files.map(spokenFile)].filter(Boolean).join("; ");
}

/** @param {{text: string, html?: string}} line */
function textOf({ text, html }) {
  if (!html?.includes('class="spoiler"')) return text;
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const spoiler of body.querySelectorAll(".spoiler")) spoiler.textContent = t("hidden text");
  return body.textContent?.trim() ?? "";
}
