/** What every page but the rooms' does for whoever is signed in. */
import { keyOf } from "./dom/key_of.js";
import { askBeforeSignOut } from "./accounts/sign_out.js";
import { tellClock } from "./server/clock.js";
import { showTimes } from "./words/dates.js";

showTimes(document);
if (document.getElementById("search-words")) void import("./elements/search/search_page.js");
if (document.querySelector("video"))
  void import("./dom/video_posters.js").then(({ drawVideos }) => drawVideos(document));
askBeforeSignOut();
tellClock();

// After the first view. Until then only these wait for it; from then on the switcher listens itself.
const first = new AbortController();
const { signal } = first;
const loading = import("./shell/beside.js").then(({ Beside }) => {
  first.abort();
  return new Beside();
});

/** @param {Event} event */
async function openSwitcher(event) {
  event.preventDefault();
  (await loading).switcher.open(false);
}

addEventListener(
  "keydown",
  (event) => {
    if (keyOf(event) === "Ctrl+k" && !event.shiftKey) openSwitcher(event);
  },
  { signal },
);
document.addEventListener(
  "click",
  (event) => {
    const opener = /** @type {Element} */ (event.target).closest("[data-dialog=switcher]");
    if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) openSwitcher(event);
  },
  { signal },
);
