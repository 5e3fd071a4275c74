/**
 * The dialog by which people are invited: the page of invitations over the room. Its forms are sent
 * without leaving it. Where the page can't be fetched, its address is loaded.
 */
import { showCopying } from "../../accounts/copy.js";
import { openDialog } from "../../dom/dialogs.js";
import { part } from "../../dom/template.js";
import { getPart } from "../../server/http.js";
import { NO_CONNECTION } from "../../state/toasts.js";
import { showTimes } from "../../words/dates.js";

const STYLES = "link[rel=stylesheet][href*=invitations]";

/** @param {string} address @param {RequestInit} [how] @returns {Promise<Document>} */
async function fetchPage(address, how) {
  const answer = await getPart(address, how);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** The page's own styles. @param {Document} page */
function takeStyles(page) {
  if (document.querySelector(STYLES)) return;
  const link = page.querySelector(STYLES);
  if (link) document.head.append(document.importNode(link));
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Document} page
 * @returns {boolean} whether it has what is shown
 */
function show(dialog, page) {
  const found = page.getElementById("invite-parts");
  if (!found) return false;
  takeStyles(page);
  const content = part(dialog, "content");
  content.replaceChildren(document.importNode(found, true));
  showTimes(content);
  showCopying(content);
  const first = content.querySelector(".has-error input, #made-title, input:not([type=hidden])");
  if (first instanceof HTMLElement && dialog.open) first.focus();
  return true;
}

/** @param {HTMLAnchorElement} opener */
export async function openInvite({ href }) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("invite"));
  dialog.onsubmit = async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    event.preventDefault();
    const fields = /** @type {any} */ (new FormData(form));
    try {
      const page = await fetchPage(form.action, { method: "POST", body: new URLSearchParams(fields) });
      // What was refused is said by a page of its own.
      const why = page.querySelector(".error-page h1 + p")?.textContent ?? "";
      part(dialog, "problem").textContent = show(dialog, page) ? "" : why;
    } catch {
      part(dialog, "problem").textContent = NO_CONNECTION;
    }
  };
  try {
    if (!show(dialog, await fetchPage(href))) throw new Error("no page of invitations");
  } catch {
    location.href = href;
    return;
  }
  openDialog(dialog);
}
