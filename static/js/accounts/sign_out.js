/**
 * Asks before signing out where unsent messages or drafts wait in this browser: the server's answer
 * removes them. Without scripts one is signed out at once.
 */
import { openDialog } from "../dom/dialogs.js";
import { part } from "../dom/template.js";
import { leftBehind } from "../local/left_behind.js";
import { storage } from "../local/storage.js";

/**
 * @param {HTMLElement} dialog
 * @param {import("../local/left_behind.js").LeftBehind} left
 */
function fill(dialog, { messages, changes, rooms, conversations }) {
  /** @param {string} name @param {string} text none hides it */
  const show = (name, text) => {
    part(dialog, name).hidden = !text;
    part(part(dialog, name), "which").textContent = text;
  };
  show("messages", messages ? String(messages) : "");
  show("changes", changes ? String(changes) : "");
  const drafts = rooms.map((room) => `#${room}`);
  if (conversations) drafts.push(dialog.dataset.conversations ?? "");
  show("drafts", drafts.join(", "));
}

/** @param {AbortSignal} [signal] the end of it */
export function askBeforeSignOut(signal) {
  const submit = async (/** @type {SubmitEvent} */ event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    // Who asks already does so once.
    if (!form.matches("[data-sign-out]") || event.defaultPrevented) return;
    const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("sign-out"));
    const left = leftBehind(storage, dialog.dataset.user ?? "");
    if (!left) return;
    event.preventDefault();
    fill(dialog, left);
    // `submit` on the form itself fires no further event.
    if ((await openDialog(dialog)) === "sign-out") form.submit();
  };
  document.addEventListener("submit", submit, { signal });
}
