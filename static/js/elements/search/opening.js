/** Opens the search beside a room: its pane is loaded when it is wanted. */
import { keyOf } from "../../dom/key_of.js";
import { withLoaded } from "../page/loading.js";

/** @typedef {import("../../room.js").Page} Page */
/** @typedef {import("./search_pane.js").SearchPane} SearchPane */

/** Of the whole page, whichever room is shown. @type {SearchPane|null} */
let pane = null;

/**
 * In the room that is shown now.
 * @param {Page} page
 * @param {AbortSignal} signal the end of the whole page
 */
export function watchSearch(page, signal) {
  pane?.follow(page);
  const open = (/** @type {Element|null} */ opener) =>
    withLoaded(page.store, async () => {
      const { SearchPane } = await import("./search_pane.js");
      if (!pane) {
        pane = new SearchPane(page, signal);
        signal.addEventListener("abort", () => (pane = null));
      }
      pane.follow(page);
      pane.open(opener);
    });
  addEventListener(
    "keydown",
    (event) => {
      if (keyOf(event) !== "Ctrl+f" || !event.shiftKey || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      void open(document.activeElement);
    },
    { signal: page.lifetime.signal },
  );
  const button = document.querySelector("[data-search-room]");
  button?.addEventListener("click", () => void open(button), { signal: page.lifetime.signal });
}
