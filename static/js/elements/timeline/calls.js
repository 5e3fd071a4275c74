/** Tells screen readers when other rooms call: what their badges in the sidebar count. */
import { preference } from "../../local/preferences.js";
import { badgeOf } from "../../state/unread.js";
import { titleWithSign } from "../../words/names.js";
import { n } from "../../words/texts.js";

/** @param {import("../../state/store.js").State} state @returns {Map<string, number>} by name */
const badgesOf = (state) =>
  new Map([...state.rooms.values()].map((room) => [room.name, badgeOf(state, room)]));

/** @param {import("../../room.js").Page} page of the room that is shown */
export function announceCalls({ store, lifetime }) {
  const { state } = store;
  const region = /** @type {HTMLElement} */ (document.getElementById("calls"));
  let before = badgesOf(state);
  store.watch(
    ["rooms"],
    () => {
      const badges = badgesOf(state);
      const louder = [...state.rooms.values()].filter(
        ({ name }) => name !== state.room.name && (badges.get(name) ?? 0) > (before.get(name) ?? 0),
      );
      before = badges;
      if (!louder.length || preference("calls") === "quiet") return;
      const texts = louder.map((room) =>
        n("{room}: {count} message for you", "{room}: {count} messages for you", badges.get(room.name) ?? 0, {
          room: titleWithSign(room),
        }),
      );
      region.textContent = texts.join(", ");
    },
    lifetime.signal,
  );
}
