/**
 * What stands in place of the message box of a room that the page can't return to: why, and where to
 * go instead.
 */
import { PageElement } from "../page_element.js";
import { cloneTemplate, part } from "../../dom/template.js";
import { t } from "../../words/texts.js";

const TO_ROOMS = { link: t("To the rooms"), href: () => "/rooms" };

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
  return `/accounts/login?next=${encodeURIComponent(location.pathname)}`;
}

export class ChatBanner extends PageElement {
  /** @param {import("../../room.js").Page} page */
  start({ store }) {
    const { signal } = this.begin();
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
