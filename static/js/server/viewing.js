/** Tells the server that the room is in front of the person, while the page may be looked at. */

import { UNHEARD } from "../state/reducers.js";

/** ms for which the page may be hidden before nobody is taken to look at it. */
const AWAY = 60_000;

/**
 * @param {import("../state/store.js").Store} store
 * @param {(request: object) => boolean} send
 * @param {import("../dom/lifetime.js").Lifetime} lifetime of the room's being shown
 * @param {Pick<Document, "addEventListener"|"visibilityState">} [page]
 */
export function tellViewing(store, send, lifetime, page = document) {
  const { signal } = lifetime;
  let isSaid = false;
  let isAway = page.visibilityState === "hidden";
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;

  const say = () => {
    if (store.state.connection !== "connected") isSaid = false;
    else if (isSaid === isAway && send({ type: "viewing", on: !isAway, nonce: UNHEARD })) isSaid = !isAway;
  };
  const look = () => {
    clearTimeout(timer);
    const isHidden = page.visibilityState === "hidden";
    if (isHidden) timer = setTimeout(leave, AWAY);
    isAway &&= isHidden;
    say();
  };
  const leave = () => {
    isAway = true;
    say();
  };

  page.addEventListener("visibilitychange", look, { signal });
  store.watch(["status"], say, signal);
  store.hear((event) => {
    // The room is entered anew, which the server takes for another stay.
    if (event.type !== "hello" || !event.entered) return;
    isSaid = false;
    say();
  }, signal);
  lifetime.add(() => {
    clearTimeout(timer);
    leave();
  });
  look();
}
