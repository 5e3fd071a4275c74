/**
 * What is told of all of one's own rooms wherever one is: a badge in the title, a dot in the icon of the
 * tab, and on a phone the count on the menu's button.
 */
import { preference } from "../../local/preferences.js";
import { n, t } from "../../words/texts.js";
import { short, unreadTotals } from "../../state/unread.js";

/** Where the dot sits in static/favicon.svg, which is 32 x 32. */
const DOT = '<circle cx="25" cy="7" r="6.5" fill="COLOUR" stroke="#fff" stroke-width="1.5"/></svg>';
const MENTIONED = "#d92d20";
const UNREAD = "#f0a020";

/**
 * On a phone the list of rooms is behind a button, which tells what is new in it: how much calls, or
 * a dot where there is only something unread.
 * @param {number} badge @param {boolean} unread
 */
function showOnMenu(badge, unread) {
  const count = /** @type {HTMLElement} */ (document.getElementById("menu-count"));
  const [seen, said] = count.children;
  count.hidden = !badge && !unread;
  count.classList.toggle("dot", !badge);
  seen.textContent = badge ? short(badge) : "";
  said.textContent = badge
    ? n("{count} message for you", "{count} messages for you", badge)
    : t("Unread messages");
}

/** The icon of the tab, once it is loaded, and its dot. */
const icon = { address: "", text: "", dot: "" };

/** A dot in the icon of the tab. @param {string} colour none if empty */
async function setIconDot(colour) {
  if (colour === icon.dot) return;
  icon.dot = colour;
  const link = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"));
  icon.address ||= link.href;
  try {
    icon.text ||= await (await fetch(icon.address)).text();
  } catch {
    return; // the icon as it is
  }
  if (colour !== icon.dot) return; // it changed again meanwhile
  const picture = colour ? icon.text.replace("</svg>", DOT.replace("COLOUR", colour)) : icon.text;
  link.href = `data:image/svg+xml,${encodeURIComponent(picture)}`;
}

/** The title of the document without the badge. */
export const bareTitle = () => document.title.replace(/^\(\d+\) /, "");

/** @param {import("../../state/store.js").State} state @param {string} title of the document */
export function showTotals(state, title) {
  const { badge, unread } = unreadTotals(state);
  const isQuiet = preference("title") === "quiet";
  const badged = badge && !isQuiet ? `(${badge}) ${title}` : title;
  if (document.title !== badged) document.title = badged;
  setIconDot(isQuiet ? "" : badge ? MENTIONED : unread ? UNREAD : "");
  showOnMenu(badge, unread);
  // Where the site is an app, its icon has a badge, too.
  navigator.setAppBadge?.(isQuiet ? 0 : badge).catch(() => {});
}
