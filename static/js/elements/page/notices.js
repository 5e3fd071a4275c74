/**
 * What calls one, as the server decided it: counted by the bell, said to screen readers and, where one wants
 * it, sounded. The rules are those of the server alone (docs/notifications.md); the page only leaves out what
 * is on screen.
 */
import { part } from "../../dom/template.js";
import { preference } from "../../local/preferences.js";
import { badgeOf } from "../../state/unread.js";
import { titleWithSign } from "../../words/names.js";
import { n } from "../../words/texts.js";
import { soundOnce } from "./sound.js";

/**
 * @param {{store: import("../../state/store.js").Store, lifetime:
 *   import("../../dom/lifetime.js").Lifetime}} page
 */
export function watchNotices({ store, lifetime }) {
  const { state } = store;
  /** The last one that was told. */
  let last = Math.max(0, ...state.site.calls.map(({ id }) => id));
  const show = () => {
    const bell = document.getElementById("bell");
    if (bell) {
      part(bell, "count").hidden = !state.site.notices;
      part(bell, "number").textContent = String(state.site.notices);
    }
    const called = state.site.calls.filter(
      ({ id, quiet, room }) => id > last && !quiet && !(room && room === state.room.name && !document.hidden),
    );
    last = Math.max(last, ...state.site.calls.map(({ id }) => id));
    if (!called.length) return;
    say(state, called);
    if (preference("sound") === "soft") soundOnce(called[0].id);
  };
  store.watch(["notices"], show, lifetime.signal);
  show();
}

/**
 * @param {import("../../state/store.js").State} state
 * @param {import("../../state/types.js").Call[]} called
 */
function say(state, called) {
  const region = document.getElementById("calls");
  if (!region || preference("calls") === "quiet") return;
  const texts = [...new Set(called.flatMap(({ room }) => room ?? []))].flatMap((name) => {
    const room = state.rooms.get(name);
    if (!room) return [];
    const count = Math.max(badgeOf(state, room), called.filter((call) => call.room === name).length);
    return n("{room}: {count} message for you", "{room}: {count} messages for you", count, {
      room: titleWithSign(room),
    });
  });
  if (texts.length) region.textContent = texts.join(", ");
}
