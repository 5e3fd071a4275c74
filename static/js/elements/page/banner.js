/**
 * What stands in place of the message box: why one can't write here now, or why the page can't return
 * to the room, and where to go instead.
 */
import { withBase } from "../../local/address.js";
import { PageElement } from "../page_element.js";
import { cloneTemplate, part } from "../../dom/template.js";
import { shortTime } from "../../words/dates.js";
import { t } from "../../words/texts.js";

/** What browsers can wait for, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

const TO_ROOMS = { link: t("To the rooms"), href: () => withBase("/rooms") };

/**
 * @type {Record<number, {text: string, link: string, href: () => string}>} by close code or HTTP
 *   status
 */
const REASONS = {
  4501: { text: t("You were removed from this room."), ...TO_ROOMS },
  4502: { text: t("You left this room."), link: t("Join again"), href: here },
  4503: { text: t("You are signed out."), link: t("Sign in"), href: signIn },
  4504: {
    text: t("This room is open in too many of your windows. Close some and try again."),
    link: t("Try again"),
    href: here,
  },
  4505: { text: t("This room was deleted."), ...TO_ROOMS },
  401: { text: t("You are signed out."), link: t("Sign in"), href: signIn },
  403: { text: t("This room is not open to you any more."), ...TO_ROOMS },
  404: { text: t("This room is gone, or not open to you any more."), ...TO_ROOMS },
};
const BROKEN = {
  text: t("The connection was closed by the server for good."),
  link: t("Reload"),
  href: here,
};

function here() {
  return location.pathname;
}

function signIn() {
  return withBase(`/accounts/login?next=${encodeURIComponent(location.pathname)}`);
}

/**
 * Why one can't write here now, though one is in the room.
 * @param {import("../../state/store.js").State} state
 */
function barText({ room, you, may }) {
  const until = you.timeout_until ? Date.parse(you.timeout_until) - Date.now() : 0;
  if (room.archived) return t("This room is archived: it can only be read.");
  if (until > 0)
    return t("You can only read here until {time}.", { time: shortTime(String(you.timeout_until)) });
  if (room.rights?.post === "owners" && !may.includes("set_rights"))
    return t("Only owners write in this room.");
  if (room.locked && !may.includes("set_modes")) return t("This room is locked: only moderators write here.");
  return "";
}

export class ChatBanner extends PageElement {
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;

  /** @param {import("../../room.js").Page} page */
  start({ store }) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    lifetime.add(() => clearTimeout(this.#timer));
    const showBar = () => {
      const { state } = store;
      if (state.ended) return;
      clearTimeout(this.#timer);
      const left = state.you.timeout_until ? Date.parse(state.you.timeout_until) - Date.now() : 0;
      if (left > 0) this.#timer = setTimeout(showBar, Math.min(left + 500, MAX_TIMER));
      const text = barText(state);
      if (this.textContent?.trim() === text) return;
      this.hidden = !text;
      const content = cloneTemplate("banner");
      part(content, "text").textContent = text;
      part(content, "link").hidden = true;
      this.replaceChildren(...(text ? [content] : []));
    };
    store.watch(["room", "status"], showBar, signal);
    showBar();
    store.watch(
      ["ended"],
      () => {
        const { ended, pending } = store.state;
        if (!ended) return;
        const found = REASONS[ended.code] ?? BROKEN;
        const isOver = ended.code === 4502 && store.state.room.kind === "closed";
        const { text, link, href } = isOver ? { ...TO_ROOMS, text: found.text } : found;
        const content = cloneTemplate("banner");
        const kept = pending.length ? ` ${t("What you wrote and wasn’t sent is kept above.")}` : "";
        part(content, "text").textContent = text + (ended.reason ? ` ${ended.reason}` : "") + kept;
        const anchor = /** @type {HTMLAnchorElement} */ (part(content, "link"));
        anchor.textContent = link;
        anchor.href = href();
        this.hidden = false; // first, so that the alert is announced when it is filled
        this.replaceChildren(content);
      },
      signal,
    );
  }
}
