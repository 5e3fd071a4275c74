/**
 * The head of the room, and what the browser shows outside the page: the title with its badge, the
 * dot in the icon.
 */
import { PageElement } from "../page_element.js";
import { isolated, shownTitle } from "../../words/names.js";
import { dotOf } from "../../state/people.js";
import { n, t } from "../../words/texts.js";
import { part } from "../../dom/template.js";
import { short, unreadTotals } from "../../state/unread.js";
import { paintAvatar } from "../people/avatar.js";

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

export class ChatTitle extends PageElement {
  /** As the page came, and the room's name in it. */
  #title = "";
  #name = "";

  /** @param {import("../../room.js").Page} page */
  start({ store }) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    const { state } = store;
    const topic = /** @type {HTMLElement} */ (this.querySelector("#room-topic"));
    const name = /** @type {HTMLElement} */ (this.querySelector("#room-name"));
    this.#title ||= document.title;
    this.#name ||= isolated(name.textContent ?? "");
    lifetime.add(() => (document.title = this.#title));
    const withName = () => this.#title.replace(this.#name, () => isolated(name.textContent ?? ""));
    document.title = withName();
    store.watch(
      ["room"],
      () => {
        topic.textContent = topic.title = state.room.topic ?? "";
        name.textContent = shownTitle(state.room);
      },
      signal,
    );
    store.watch(
      ["room", "rooms", "reading", "members"],
      () => {
        const { badge, unread } = unreadTotals(state);
        const title = withName();
        const badged = badge ? `(${badge}) ${title}` : title;
        if (document.title !== badged) document.title = badged;
        setIconDot(badge ? MENTIONED : unread ? UNREAD : "");
        showOnMenu(badge, unread);
        this.#paint(state);
      },
      signal,
    );
    store.touch("room", "rooms");
    this.#paint(state);
  }

  /**
   * The other person of a conversation of two.
   * @param {import("../../state/store.js").State} state
   */
  #paint(state) {
    const avatar = part(this, "avatar");
    if (!avatar) return;
    const other = state.room.title ?? "";
    paintAvatar(avatar, other);
    avatar.dataset.dot = dotOf(state, other);
  }
}
