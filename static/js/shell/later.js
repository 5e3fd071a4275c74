/**
 * What shows nothing at first, and the sidebar, which the server has made: loaded after the first view,
 * and before the page connects.
 */
import { onOpener } from "../dom/dialogs.js";
import { watchEdgeSwipe } from "../dom/edge_swipe.js";
import { Attachments } from "../elements/composer/attachments.js";
import { ChatBanner } from "../elements/page/banner.js";
import { ChatKeys } from "../elements/page/keys_dialog.js";
import { ChatToasts } from "../elements/page/toasts.js";
import { watchNotices } from "../elements/page/notices.js";
import { ChatPersonCard } from "../elements/people/person_card.js";
import { ChatTyping } from "../elements/people/typing.js";
import { watchReports } from "../elements/page/reports.js";
import { watchSearch } from "../elements/search/opening.js";
import { ChatInvitations } from "../elements/sidebar/invitations.js";
import { ChatOutcomes } from "../elements/sidebar/outcomes.js";
import { ChatRooms } from "../elements/sidebar/rooms.js";
import { ChatSettings } from "../elements/sidebar/settings.js";
import { ChatSwitcher } from "../elements/sidebar/switcher.js";
import { showPreviews } from "../elements/timeline/previews.js";
import { ChatHeld } from "../elements/timeline/held.js";
import { MessageActions } from "../elements/timeline/message_actions.js";
import { Selection } from "../elements/timeline/selection.js";
import { TimelineKeys } from "../elements/timeline/timeline_keys.js";
import { SiteConnection } from "../server/site_connection.js";
import { watchApp } from "./app.js";
import { tellClock } from "../server/clock.js";
import { tellViewing } from "../server/viewing.js";
import { watchNames } from "../server/people_names.js";
import { Keeper } from "../offline/keeper.js";
import { Navigation } from "./navigation.js";

/** @typedef {import("./shell.js").Shell} Shell */

export const ELEMENTS = {
  "chat-rooms": ChatRooms,
  "chat-banner": ChatBanner,
  "chat-toasts": ChatToasts,
  "chat-typing": ChatTyping,
  "chat-held": ChatHeld,
  "chat-invitations": ChatInvitations,
  "chat-outcomes": ChatOutcomes,
  "chat-switcher": ChatSwitcher,
  "chat-person-card": ChatPersonCard,
  "chat-settings": ChatSettings,
  "chat-keys": ChatKeys,
};

/** The connection of the page, which isn't started. @param {Shell} shell */
export function connect(shell) {
  const switcher = /** @type {HTMLElement} */ (document.querySelector("chat-switcher"));
  return new SiteConnection({
    user: switcher.dataset.user ?? "",
    received: (event) => shell.received(event),
    state() {},
    ended() {},
  });
}

/**
 * Of a room that is shown, what is no element.
 * @param {import("../room.js").Page} page
 * @param {AbortSignal} signal the end of the whole page
 */
export function startRoom(page, signal) {
  watchSearch(page, signal);
  watchNames(page.store, page.lifetime);
  tellViewing(page.store, page.send, page.lifetime);
  page.selection = new Selection(page);
  page.messageActions = new MessageActions(page);
  new TimelineKeys(page.timeline, page);
  watchApp(page);
  watchNotices(page);
  showPreviews(page);
  watchReports(page);
  page.composer.attachments ??= new Attachments(page);
  page.composer.attachments.start(page.lifetime);
}

/** @param {Shell} shell */
export function navigate(shell) {
  const { drawers, lifetime } = shell;
  onOpener(
    "invite",
    async (opener) =>
      (await import("../elements/page/invite.js")).openInvite(/** @type {HTMLAnchorElement} */ (opener)),
    lifetime.signal,
  );
  watchEdgeSwipe(drawers.app, () => drawers.open("sidebar"), lifetime.signal);
  tellClock();
  return new Navigation(shell);
}

/** What is seen from now on is kept in the browser. @param {Shell} shell */
export const keep = ({ lifetime, view }) => new Keeper(lifetime, view);

/** Where the site has it, after everything else. @param {Shell} shell */
export async function showWeather({ lifetime, view }) {
  const box = /** @type {any} */ (document.querySelector("chat-weather"));
  if (!box) return;
  const { ChatWeather } = await import("../elements/sidebar/weather.js");
  if (lifetime.ended) return;
  if (!customElements.get("chat-weather")) customElements.define("chat-weather", ChatWeather);
  box.start(view.page);
  lifetime.add(() => box.stop());
}
