/**
 * Tells those who answer reports, and let others in, how many wait: in the head of the room, and by a toast
 * when one comes.
 */
import { part } from "../../dom/template.js";
import { reportsOf, short } from "../../state/unread.js";
import { titleWithSign } from "../../words/names.js";
import { t } from "../../words/texts.js";

/**
 * @param {{store: import("../../state/store.js").Store, lifetime:
 *   import("../../dom/lifetime.js").Lifetime}} page
 */
export function watchReports({ store, lifetime }) {
  const { state } = store;
  const countsNow = () => new Map([...state.rooms.values()].map((room) => [room.name, reportsOf(room)]));
  let before = countsNow();
  let { reports: beforeOfSite, asking: askedBefore, newcomers: newcomersBefore } = state.site;
  const showAsking = () => {
    const { asking, newcomers } = state.site;
    const link = document.getElementById("asking-link");
    const { name } = state.room;
    // Of whoever may let others in by the room's rules alone the page tells, and not the events.
    if (link && (asking.has(name) || askedBefore.has(name))) {
      link.hidden = !asking.has(name);
      part(link, "number").textContent = short(asking.get(name) ?? 0);
    }
    for (const room of state.rooms.values())
      if ((asking.get(room.name) ?? 0) > (askedBefore.get(room.name) ?? 0))
        store.dispatch({
          type: "toasted",
          text: t("{room}: somebody asks to be let in.", { room: titleWithSign(room) }),
        });
    const ofSite = document.getElementById("newcomers");
    if (ofSite) {
      ofSite.hidden = !newcomers;
      part(ofSite, "number").textContent = short(newcomers);
      if (newcomers > newcomersBefore)
        store.dispatch({ type: "toasted", text: t("An account waits for approval.") });
    }
    askedBefore = asking;
    newcomersBefore = newcomers;
  };
  const show = () => {
    const counts = countsNow();
    const link = document.getElementById("reports-link");
    if (link) {
      const count = counts.get(state.room.name) ?? 0;
      link.hidden = !count;
      part(link, "number").textContent = short(count);
    }
    for (const room of state.rooms.values())
      if ((counts.get(room.name) ?? 0) > (before.get(room.name) ?? 0))
        store.dispatch({
          type: "toasted",
          text: t("{room}: a message was reported.", { room: titleWithSign(room) }),
        });
    const ofSite = document.getElementById("site-reports");
    if (ofSite) {
      ofSite.hidden = !state.site.reports;
      part(ofSite, "number").textContent = short(state.site.reports);
      if (state.site.reports > beforeOfSite)
        store.dispatch({ type: "toasted", text: t("A report waits for those who run the site.") });
    }
    beforeOfSite = state.site.reports;
    before = counts;
    showAsking();
  };
  store.watch(["rooms"], show, lifetime.signal);
  show();
}
