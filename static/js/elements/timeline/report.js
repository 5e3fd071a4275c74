/** The small form by which a message is reported. */
import { openDialog } from "../../dom/dialogs.js";
import { part } from "../../dom/template.js";
import { post } from "../../server/http.js";
import { NO_CONNECTION } from "../../state/toasts.js";
import { isConversation } from "../../state/unread.js";
import { shownName } from "../../words/names.js";

const MOST = 300; // characters of the message that are shown

/**
 * @param {import("../../room.js").Page} page
 * @param {import("../../state/types.js").Line} line
 * @param {Element|null} anchor
 */
export function openReport({ store, history }, line, anchor) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("report"));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const problem = part(dialog, "problem");
  form.reset();
  problem.textContent = "";
  part(dialog, "author").textContent = shownName(line.author);
  part(dialog, "text").textContent = line.text.length > MOST ? `${line.text.slice(0, MOST)}…` : line.text;
  if (isConversation(store.state.room))
    part(dialog, "who").textContent = part(dialog, "site").textContent;
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      const answer = await post(`${history.base}/${line.number}/report`, new FormData(form));
      const told = await answer.json();
      if (answer.ok) {
        dialog.close();
        store.dispatch({ type: "toasted", text: told.text });
      } else problem.textContent = told.error.text;
    } catch {
      problem.textContent = NO_CONNECTION;
    }
  };
  openDialog(dialog, anchor);
  /** @type {HTMLElement} */ (form.elements.namedItem("reason")).focus();
}
