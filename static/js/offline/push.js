/**
 * What the server pushes: a notification for each room, which a later message of it replaces. Pressed it
 * leads to the message.
 */
import { withBase } from "../local/address.js";
import { keepShared } from "../local/shared.js";
import { makeNonce } from "../sending/nonce.js";
import { whose } from "./database.js";

const worker = /** @type {any} */ (globalThis);

/**
 * @typedef {object} Pushed
 * @property {string} title
 * @property {string} [body]
 * @property {string} url
 * @property {string} tag
 * @property {number} [badge] how many notices aren't read
 * @property {string} [lang]
 * @property {number} [at] ms since 1970
 * @property {string} [room] the path of the message's room
 * @property {number} [number] of the message
 * @property {[string, string][]} [actions]
 * @property {string} [unsent] says that an answer wasn't sent
 */

/** @param {any} data @returns {Pushed} what can't be read says at least that there is something */
function read(data) {
  try {
    const found = data.json();
    if (typeof found.title === "string" && typeof found.url === "string") return found;
  } catch {
    // it isn't of this release
  }
  return { title: location.host, url: withBase("/notifications"), tag: "unknown" };
}

/** A path of this site. @param {unknown} path */
const ownUrl = (path) => {
  const url = new URL(withBase(String(path)), location.origin);
  return url.origin === location.origin ? url : new URL(withBase("/"), location.origin);
};

const windows = () => worker.clients.matchAll({ type: "window", includeUncontrolled: true });

/** Whether somebody looks at this room right now. @param {string|undefined} room */
const isLookedAt = async (room) =>
  room !== undefined &&
  (await windows()).some((/** @type {any} */ { focused, url }) => {
    const { pathname } = new URL(url);
    return focused && (pathname === room || pathname.startsWith(`${room}/`));
  });

/** @param {any} data @returns {{close: string, number: number, badge?: number}|null} */
function closing(data) {
  try {
    const found = data.json();
    return typeof found.close === "string" ? found : null;
  } catch {
    return null;
  }
}

/** What was read elsewhere. @param {{close: string, number: number, badge?: number}} read */
async function close({ close: tag, number, badge }) {
  if (badge !== undefined) await worker.navigator.setAppBadge?.(badge).catch(() => {});
  for (const one of await worker.registration.getNotifications({ tag }))
    if (one.data?.number <= number) one.close();
}

/** Whether an answer can be written in a notification. Chromium takes `type` by a switch alone. */
const takesText = () => "reply" in (worker.NotificationEvent?.prototype ?? {});

/** @param {[string, string]} action */
const shownAction = ([action, title]) =>
  action === "reply" && takesText() ? { action, title, type: "text", placeholder: title } : { action, title };

/** @param {any} event */
export async function showPush(event) {
  const gone = closing(event.data);
  if (gone) return close(gone);
  const pushed = read(event.data);
  const { title, body = "", tag, badge, lang, at, room, number, actions = [], unsent } = pushed;
  if (badge !== undefined) await worker.navigator.setAppBadge?.(badge).catch(() => {});
  if (await isLookedAt(room)) return;
  const [before] = await worker.registration.getNotifications({ tag });
  // They may come in another order than they were sent.
  if (before && number !== undefined && before.data?.number >= number) return;
  await worker.registration.showNotification(title, {
    ...{ body, tag, lang, renotify: true, timestamp: at },
    ...{ icon: withBase("/icons/app-192.png"), badge: withBase("/icons/badge-96.png") },
    data: { url: pushed.url, room, number, lang, unsent },
    actions: actions
      .slice(0, /** @type {any} */ (worker.Notification)?.maxActions ?? 0)
      .map(shownAction),
  });
}

/** @param {string} path */
async function open(path) {
  const { href } = ownUrl(path);
  const found = await windows();
  const chosen = found.find((/** @type {any} */ { focused }) => focused) ?? found[0];
  if (chosen) {
    try {
      await chosen.focus();
      if (chosen.url !== href) await chosen.navigate(href);
      return;
    } catch {
      // it isn't this worker's, or has just gone
    }
  }
  await worker.clients.openWindow(href);
}

/**
 * As the pages change something: with their token.
 * @param {string} path
 * @param {BodyInit} body
 * @param {string} [type]
 */
async function post(path, body, type) {
  const owner = await whose().catch(() => undefined);
  const answer = await fetch(ownUrl(path), {
    method: "POST",
    body,
    headers: {
      Accept: "application/json",
      "X-CSRF-Token": owner?.csrf ?? "",
      ...(type ? { "Content-Type": type } : {}),
    },
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
}

/**
 * Sends what was written in a notification. What isn't taken is kept for the page, which begins with it.
 * @param {{url: string, room: string, number: number, lang?: string, unsent?: string}} about
 * @param {string} text
 */
async function answer({ url, room, number, lang, unsent = location.host }, text) {
  const fields = { text, reply_to: String(number), nonce: makeNonce() };
  try {
    await post(`${room}/files`, new URLSearchParams(fields));
  } catch {
    const form = new FormData();
    form.append("text", text);
    await keepShared(form);
    await worker.registration.showNotification(unsent, {
      ...{ body: text, lang, tag: `unsent-${room}` },
      ...{ icon: withBase("/icons/app-192.png"), badge: withBase("/icons/badge-96.png") },
      data: { url: `${url}#answer` },
    });
  }
}

/** @param {any} event */
export async function pressNotification({ action, notification, reply }) {
  const { url = "/", room, number } = notification.data ?? {};
  notification.close();
  if (action === "reply" && room !== undefined && reply?.trim()) {
    await answer(notification.data, reply.trim());
    return;
  }
  if (action === "read" && room !== undefined) {
    try {
      await post(`${room}/read`, new URLSearchParams({ number: String(number) }));
      return;
    } catch {
      // somebody signed out, or there is no network: the page itself
    }
  }
  await open(action === "reply" ? `${url}#reply` : url);
}

/** The browser has another subscription: the server is told. @param {any} event */
export async function renewSubscription({ oldSubscription, newSubscription }) {
  const options = oldSubscription?.options ?? newSubscription?.options;
  const found =
    newSubscription ?? (options && (await worker.registration.pushManager.subscribe(options)));
  if (found) await post("/accounts/push", JSON.stringify(found), "application/json");
  if (oldSubscription && oldSubscription.endpoint !== found?.endpoint)
    await post("/accounts/push/remove", new URLSearchParams({ endpoint: oldSubscription.endpoint }));
}
