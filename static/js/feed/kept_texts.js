/** What one writes in the feed is there again after a reload, in the same tab. */
import { session } from "../local/storage.js";

/** @param {string} user @param {HTMLFormElement} form */
const keyOf = (user, form) => `aiochat:feed:${user}:${new URL(form.action).pathname}`;

/** @param {EventTarget|null} node @returns {node is HTMLTextAreaElement} */
const isText = (node) => node instanceof HTMLTextAreaElement && node.name === "text" && node.form !== null;

/**
 * Keeps what is written from now on, and puts back what was left.
 * @param {HTMLElement} page
 * @param {string} user
 */
export function keepTexts(page, user) {
  page.addEventListener("input", ({ target }) => {
    if (isText(target)) keepText(user, /** @type {HTMLFormElement} */ (target.form), target.value);
  });
  for (const box of page.querySelectorAll("textarea")) {
    const kept = isText(box) ? session.get(keyOf(user, /** @type {HTMLFormElement} */ (box.form))) : null;
    if (!kept || kept === box.value) continue;
    box.value = kept;
    const own = box.closest("details");
    if (own) own.open = true;
  }
}

/** @param {string} user @param {HTMLFormElement} form @param {string} [text] none: it was sent */
export function keepText(user, form, text = "") {
  if (text) session.set(keyOf(user, form), text);
  else session.remove(keyOf(user, form));
}
