/**
 * What the room has to do with the app around it: what is shared with it, an answer that was begun in a
 * notification, notifications of what is read here, and the offer to be notified.
 */
import { withBase, withoutBase } from "../local/address.js";
import { closeRead, isToBeOffered, staySubscribed } from "../server/push.js";
import { takeShared } from "../local/shared.js";
import { unreadTotals } from "../state/unread.js";
import { t } from "../words/texts.js";

/** ms: nothing of this is needed for the first view. */
const AFTER = 5_000;

/** @typedef {import("../room.js").Page} Page */

/** @param {Page} page of the room that is shown */
export function watchApp(page) {
  void followHash(page);
  const { store, lifetime } = page;
  const { state } = store;
  const room = withBase(`/rooms/${encodeURIComponent(state.room.name)}`);
  let read = 0;
  store.watch(
    ["reading"],
    () => {
      if (state.readNumber <= read) return;
      read = state.readNumber;
      void closeRead(room, read).catch(() => {});
    },
    lifetime.signal,
  );
  let before = unreadTotals(state).badge;
  store.watch(
    ["rooms"],
    () => {
      const { badge } = unreadTotals(state);
      const isCalled = badge > before;
      before = badge;
      if (isCalled && isToBeOffered())
        store.dispatch({
          type: "toasted",
          text: t("To be told when no page is open: Settings, Notifications."),
        });
    },
    lifetime.signal,
  );
  const timer = setTimeout(() => void staySubscribed(state.you.name).catch(() => {}), AFTER);
  lifetime.add(() => clearTimeout(timer));
}

/** Whoever comes from the page of what is shared, or from a notification. @param {Page} page */
async function followHash({ store, composer }) {
  const { hash } = location;
  if (!["#share", "#reply", "#answer"].includes(hash)) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  if (hash !== "#share") {
    const number = Number(withoutBase(location.pathname).split("/")[3]);
    if (number) store.dispatch({ type: "replying", number });
  }
  if (hash === "#reply") return;
  const found = await takeShared().catch(() => null);
  if (!found) return;
  if (found.text) composer.insert(found.text);
  await composer.attachments?.add(found.files);
  composer.focus();
}
