/** What stands above the oldest message: that more is loading, or that it is the beginning. */
import { titleWithSign } from "../../words/names.js";
import { n, t } from "../../words/texts.js";

/**
 * @param {import("../../state/store.js").State} state
 * @param {import("../../server/history.js").History} history
 * @returns {string} empty while there is nothing to say
 */
function noteOf({ more, lines, room }, history) {
  if (history.failed) return t("Older messages couldn’t be loaded. Scroll to try again.");
  if (more) return history.loading ? t("Loading…") : "";
  const { first_seq: first, kept_days: days = 0 } = room;
  if (first && days)
    return n("Messages are kept here for {count} day", "Messages are kept here for {count} days", days);
  if (lines.length) return t("The beginning of {room}", { room: titleWithSign(room) });
  return t("Nothing has been said here yet.");
}

/**
 * @param {HTMLElement} timeline
 * @param {Pick<import("../../room.js").Page, "store"|"history">} page
 */
export function showHistoryNote(timeline, { store, history }) {
  const note = /** @type {HTMLElement} */ (timeline.querySelector(".history-state"));
  const text = noteOf(store.state, history);
  // It keeps its place, so that nothing moves when it comes and goes.
  note.classList.toggle("unseen", !text);
  if (text && note.textContent !== text) note.textContent = text;
}
