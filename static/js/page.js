/** What every page but the rooms' does for whoever is signed in. */
import { keyOf } from "./dom/key_of.js";
import { askBeforeSignOut } from "./accounts/sign_out.js";
import { tellClock } from "./server/clock.js";
import { shortTime } from "./words/dates.js";

// In the reader's own clock and zone.
for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (
  document.querySelectorAll("time[datetime*=T]")
))
  time.textContent = shortTime(time.dateTime);
askBeforeSignOut();
tellClock();

// The switcher is loaded when it is first wanted. From then on it listens itself.
const first = new AbortController();
const { signal } = first;

async function openSwitcher() {
  const { startSwitcher } = await import("./elements/sidebar/switcher_page.js");
  if (signal.aborted) return;
  first.abort();
  startSwitcher()(false);
}

addEventListener(
  "keydown",
  (event) => {
    if (keyOf(event) !== "Ctrl+k" || event.shiftKey) return;
    event.preventDefault();
    openSwitcher();
  },
  { signal },
);
document.addEventListener(
  "click",
  (event) => {
    const opener = /** @type {Element} */ (event.target).closest("[data-dialog=switcher]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openSwitcher();
  },
  { signal },
);
