/** Today becomes Yesterday while the page is open. */
import { dayOf } from "../../words/dates.js";

const EVERY = 30_000; // ms

/**
 * @param {import("../../state/store.js").Store} store
 * @param {import("../../dom/lifetime.js").Lifetime} lifetime
 */
export function watchMidnight(store, lifetime) {
  let day = dayOf(new Date());
  const look = setInterval(() => {
    if (day === dayOf(new Date())) return;
    day = dayOf(new Date());
    store.touch("timeline");
  }, EVERY);
  lifetime.add(() => clearInterval(look));
}
