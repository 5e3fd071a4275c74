/** The question before a message that calls many people: loaded when it is first asked. */
import { openDialog } from "../../dom/dialogs.js";
import { part } from "../../dom/template.js";
import { n, t } from "../../words/texts.js";
import { SMALL_ROOM, countCalled } from "../../composing/group_mentions.js";

/** The page knows no more members of a room. */
const MOST = 1000;

/**
 * Asks, where the text calls more than a small room has.
 * @param {string} text
 * @param {Pick<import("../../state/store.js").State, "members"|"you">} state
 * @returns {Promise<boolean>} whether it is to be sent
 */
export async function mayCall(text, state) {
  const count = countCalled(text, state);
  if (count < SMALL_ROOM) return true;
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("group-question"));
  part(dialog, "question").textContent =
    count >= MOST - 1
      ? t("This calls more than a thousand people.")
      : n("This calls {count} person.", "This calls {count} people.", count);
  // The Enter that sent the text, held a little too long, is no answer.
  const held = (/** @type {KeyboardEvent} */ event) => event.repeat && event.preventDefault();
  dialog.addEventListener("keydown", held);
  const answer = await openDialog(dialog);
  dialog.removeEventListener("keydown", held);
  return answer === "call";
}
