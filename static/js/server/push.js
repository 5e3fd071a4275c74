/** This browser and Web Push: whether it is told, and the beginning and end of it. */
import { withBase } from "../local/address.js";
import { storage } from "../local/storage.js";
import { changing, get, post } from "./http.js";

/** ms after which the server is told again that this browser is there. */
const TELL_EVERY = 24 * 3600_000;

/** When a browser was subscribed for somebody, and last said so. @param {string} person */
const keyOf = (person) => `aiochat:push:${person}`;

/** Somebody was asked, and needn't be again. */
const OFFERED = "aiochat:push-offered";

const hasPush = () => Boolean(navigator.serviceWorker && globalThis.PushManager && globalThis.Notification);

/** @typedef {"unable"|"denied"|"off"|"on"} PushState */

/** @param {string} person @returns {Promise<PushState>} */
export async function pushState(person) {
  if (!hasPush()) return "unable";
  if (Notification.permission === "denied") return "denied";
  return storage.get(keyOf(person)) && (await subscription()) ? "on" : "off";
}

const registered = () => navigator.serviceWorker.getRegistration(withBase("/"));

const subscription = async () => (await (await registered())?.pushManager.getSubscription()) ?? null;

/** @param {string} text base64 for addresses */
export function bytesOf(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (sign) => /** @type {number} */ (sign.codePointAt(0)));
}

/** @param {PushSubscription} found @param {string} key the site's */
function isOf(found, key) {
  const own = found.options.applicationServerKey;
  return own !== null && new Uint8Array(own).toString() === bytesOf(key).toString();
}

/** @param {string} person @param {PushSubscription} found */
async function tell(person, found) {
  const headers = { ...changing(), "Content-Type": "application/json" };
  const body = JSON.stringify(found);
  const answer = await fetch(withBase("/accounts/push"), { method: "POST", body, headers });
  if (!answer.ok) throw new Error(`${answer.status}`);
  storage.set(keyOf(person), String(Date.now()));
}

/**
 * Asks for the permission, which must follow a press.
 * @param {string} person
 * @param {string} key the site's
 * @returns {Promise<PushState>} rejected where the browser or the server can't
 */
export async function subscribe(person, key) {
  storage.set(OFFERED, "1");
  if ((await Notification.requestPermission()) !== "granted") return pushState(person);
  await navigator.serviceWorker.register(withBase("/service-worker.js"), { updateViaCache: "none" });
  const { pushManager } = await navigator.serviceWorker.ready;
  let found = await pushManager.getSubscription();
  // The site may have got another key, or somebody else was here.
  if (found && !isOf(found, key)) {
    await found.unsubscribe();
    found = null;
  }
  found ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
  await tell(person, found);
  return "on";
}

/** @param {string} person */
export async function unsubscribe(person) {
  const found = await subscription();
  storage.remove(keyOf(person));
  if (!found) return;
  await post("/accounts/push/remove", new URLSearchParams({ endpoint: found.endpoint }));
  await found.unsubscribe();
}

/** Once a day the server is told that this browser is there, also with another key. @param {string} person */
export async function staySubscribed(person) {
  const told = Number(storage.get(keyOf(person)));
  if (!told || !hasPush() || Notification.permission !== "granted") return;
  if (Date.now() - told < TELL_EVERY) return;
  const answer = await get("/accounts/push");
  if (answer.ok) await subscribe(person, (await answer.json()).key);
}

/** Notifications of what is read here go. @param {string} room its path @param {number} number */
export async function closeRead(room, number) {
  if (!hasPush() || Notification.permission !== "granted") return;
  const registration = await registered();
  for (const one of (await registration?.getNotifications()) ?? [])
    if (one.data?.room === room && one.data.number <= number) one.close();
}

/** Whether to offer it, once in this browser. */
export function isToBeOffered() {
  if (!hasPush() || Notification.permission !== "default" || storage.get(OFFERED)) return false;
  storage.set(OFFERED, "1");
  return true;
}
