/**
 * The service worker: where the server can't be reached it answers with what is kept of one's rooms. All
 * pages come from the server while it is there; of the others nothing is kept but files with a version.
 * static/js/offline/keeper.js keeps; helpers/web/assets/joining.py joins this with what it imports.
 */
import { withBase } from "../local/address.js";
import { FILES, keepOnlyFor } from "./database.js";
import { isVersioned, placeIn } from "./document.js";
import { keptPage, latestRoom, pageInstead } from "./kept_page.js";
import { keepShared } from "../local/shared.js";
import { pressNotification, renewSubscription, showPush } from "./push.js";

/** ms after which a room that is kept is shown without an answer of the server. */
const PATIENCE = 3_000;
/** Of a proxy whose server is away. */
const AWAY = new Set([502, 503, 504]);
/** Pages from which one goes on to a room. */
const STARTS = new Set(["/", "/rooms"].map(withBase));

const worker = /** @type {any} */ (globalThis);

worker.addEventListener("install", (/** @type {any} */ event) => {
  worker.skipWaiting();
  // What else a page asks for goes straight to the server, where the browser knows how.
  event
    .addRoutes?.({
      condition: { not: { or: [{ requestMode: "navigate" }, { urlPattern: withBase("/static/*") }] } },
      source: "network",
    })
    ?.catch(() => {});
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  // The server is asked while this is still starting.
  const { navigationPreload } = worker.registration;
  event.waitUntil(Promise.all([worker.clients.claim(), navigationPreload?.enable()]));
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && url.pathname === withBase("/share")) event.respondWith(shared(request));
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (isVersioned(url.pathname)) event.respondWith(file(request));
});

worker.addEventListener("push", (/** @type {any} */ event) => event.waitUntil(showPush(event)));
worker.addEventListener("notificationclick", (/** @type {any} */ event) =>
  event.waitUntil(pressNotification(event)),
);
worker.addEventListener("pushsubscriptionchange", (/** @type {any} */ event) =>
  event.waitUntil(renewSubscription(event)),
);

/** What another program shares, and where one chooses the room for it. @param {Request} request */
async function shared(request) {
  const kept = await request.formData().then(keepShared).then(
    () => true,
    () => false,
  );
  const next = withBase("/share") + (kept ? "" : "?untaken=1");
  return Response.redirect(new URL(next, location.origin).href, 303);
}

/** @param {Request} request */
const file = async (request) =>
  (await caches.match(request.url, { cacheName: FILES }).catch(() => undefined)) ?? fetch(request);

/**
 * @param {any} event
 * @param {URL} url
 * @returns {Promise<Response>}
 */
async function page(event, url) {
  const asked = fromServer(event);
  event.waitUntil(asked.then(heed).catch(() => {}));
  const isRoom = placeIn(url.pathname) !== null;
  const answer = await (isRoom ? withPatience(asked) : asked.catch(() => null));
  if (answer && !AWAY.has(answer.status)) return answer;
  const kept = isRoom ? await keptPage(url.pathname) : null;
  if (kept) return responseOf(kept);
  // It may only be slow.
  return answer ?? asked.catch(async () => (await instead(url)) ?? Response.error());
}

/** @param {any} event @returns {Promise<Response>} */
const fromServer = async ({ request, preloadResponse }) => (await preloadResponse) ?? fetch(request);

/** @param {Promise<Response>} asked @returns {Promise<Response|null>} null without an answer in time */
const withPatience = (asked) =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE);
    asked
      .then(resolve, () => resolve(null))
      .finally(() => clearTimeout(timer));
  });

/** @param {URL} url @returns {Promise<Response|null>} of a page that isn't kept */
async function instead({ pathname, search, href }) {
  const start = STARTS.has(pathname) ? await latestRoom() : null;
  if (start) return Response.redirect(new URL(start, href).href, 302);
  const other = await pageInstead(pathname + search);
  return other && responseOf(other);
}

/** @param {import("./kept_page.js").Page} found */
const responseOf = ({ html, headers }) =>
  new Response(html, {
    headers: { ...headers, "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" },
  });

/** Each page says for whom it was made, also the one that a form leads to. @param {Response} answer */
async function heed(answer) {
  const person = answer.headers.get("Signed-In-As");
  if (person) await keepOnlyFor(person);
}

