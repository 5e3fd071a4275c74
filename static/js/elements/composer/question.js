/** The question before what can't be taken back is sent: loaded when it is first asked. */
import { openDialog } from "../../dom/dialogs.js";
import { part } from "../../dom/template.js";
import { owns } from "../../state/people.js";
import { titleWithSign } from "../../words/names.js";
import { n, t } from "../../words/texts.js";
import { clears, countCalled, leaves, opens, SMALL_ROOM } from "../../composing/questions.js";

/** The page knows no more members of a room. */
const MOST = 1000;

/** @typedef {import("../../state/store.js").State} State */

/** @typedef {{question: string, yes: string, danger: boolean}} Asked */

/**
 * Who would leave a room empty, or without its owner, is asked.
 * @param {State} state
 * @returns {Asked|null}
 */
function questionOfLeaving({ room, you, members }) {
  const asked = { yes: t("Leave it"), danger: true };
  const named = { room: titleWithSign(room) };
  if (members.size <= 1 && ["open", "closed"].includes(room.kind)) {
    const question = t(
      "You are the last member of {room}: nobody will own it. To end it: /archive or /delete-room.",
      named,
    );
    return { ...asked, question };
  }
  if (!owns(you) || members.size <= 1) return null;
  const question = t(
    "You own {room}. When you leave, the oldest moderator or member owns it. To choose: /owner @name.",
    named,
  );
  return { ...asked, question };
}

/**
 * @param {string} text
 * @param {State} state
 * @returns {Asked|null}
 */
function questionOf(text, state) {
  if (clears(text) && state.may.includes("clear")) {
    const question = t(
      "This clears the history of {room} for everybody. For 30 days moderators can bring it back.",
      { room: titleWithSign(state.room) },
    );
    return { question, yes: t("Clear it"), danger: true };
  }
  if (leaves(text)) return questionOfLeaving(state);
  if (opens(text) && state.room.kind === "closed" && owns(state.you)) {
    const question = t(
      "This opens {room} to everybody on this site: they can find it, and read what was written before.",
      { room: titleWithSign(state.room) },
    );
    return { question, yes: t("Open it"), danger: true };
  }
  const count = state.may.includes("mention_groups") ? countCalled(text, state) : 0;
  if (count < SMALL_ROOM) return null;
  const question =
    count >= MOST - 1
      ? t("This calls more than a thousand people.")
      : n("This calls {count} person.", "This calls {count} people.", count);
  return { question, yes: t("Call them"), danger: false };
}

/**
 * Asks, where there is something to ask.
 * @param {string} text
 * @param {State} state
 * @returns {Promise<string>} what is to be sent, empty for nothing
 */
export async function sureText(text, state) {
  const asked = questionOf(text, state);
  if (!asked) return text;
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("question"));
  part(dialog, "question").textContent = asked.question;
  const yes = part(dialog, "yes");
  yes.textContent = asked.yes;
  yes.classList.toggle("danger", asked.danger);
  yes.classList.toggle("primary", !asked.danger);
  // The Enter that sent the text, held a little too long, is no answer.
  const held = (/** @type {KeyboardEvent} */ event) => event.repeat && event.preventDefault();
  dialog.addEventListener("keydown", held);
  const answer = openDialog(dialog);
  if (asked.danger) part(dialog, "no").focus();
  const isSure = (await answer) === "yes";
  dialog.removeEventListener("keydown", held);
  if (!isSure) return "";
  return leaves(text) ? "/leave anyway" : text;
}
