/**
 * Finds the names of people whom the page shows and doesn't know yet, such as authors who have left
 * the room, and brings changed names to all places that show them.
 */
import { isolated, renameCount, setNames, shownTitle, unknown } from "../words/names.js";
import { t } from "../words/texts.js";
import { isConversation } from "../state/unread.js";
import { getJson } from "./http.js";

const AT_ONCE = 100; // handles in one request
const AGAIN = 10_000; // ms after which what failed may be asked for again

/** @type {import("../state/types.js").Topic[]} */
const SHOWS_NAMES = ["timeline", "members", "room", "rooms", "typing", "pins", "composing"];

/**
 * Asks for the names of people whom the page shows and doesn't know.
 * @param {typeof getJson} [get]
 */
export async function askNames(get = getJson) {
  const wanted = [...unknown].slice(0, AT_ONCE);
  if (!wanted.length) return;
  const askedAt = performance.now();
  const { people } = await get(`/people?${new URLSearchParams(wanted.map((name) => ["name", name]))}`);
  // Who isn't found has no other name.
  const found = new Set(people.map((/** @type {{name: string}} */ { name }) => name));
  setNames(people, askedAt);
  const others = wanted.filter((name) => !found.has(name)).map((name) => ({ name }));
  setNames(others, askedAt);
}

/**
 * @param {import("../state/store.js").Store} store
 * @param {import("../dom/lifetime.js").Lifetime} lifetime
 * @param {typeof getJson} [get]
 */
export function watchNames(store, lifetime, get = getJson) {
  let shown = renameCount();
  let busy = false;
  let failedAt = -Infinity;
  const update = () => {
    if (shown === renameCount()) return;
    shown = renameCount();
    store.touch(...SHOWS_NAMES);
    nameRoom(store.state.room);
  };
  const ask = async () => {
    update();
    if (busy || !unknown.size || performance.now() - failedAt < AGAIN) return;
    busy = true;
    try {
      await askNames(get);
    } catch {
      failedAt = performance.now();
    }
    busy = false;
    if (lifetime.ended) return;
    update();
    if (unknown.size) void ask();
  };
  store.watch(SHOWS_NAMES, ask, lifetime.signal);
  store.watch(["room"], () => nameRoom(store.state.room), lifetime.signal);
  void ask();
}

/** What the server wrote into the page. @param {{kind: string, title: string}} room */
function nameRoom(room) {
  const names = shownTitle(room);
  const title = isConversation(room) ? names : isolated(names);
  const box = /** @type {HTMLTextAreaElement|null} */ (document.getElementById("composer-text"));
  if (box)
    box.placeholder = isConversation(room)
      ? t("Write to {names}", { names })
      : t("Write to {room}", { room: `#${title}` });
  const label = document.querySelector("label[for=composer-text]");
  if (label)
    label.textContent = isConversation(room)
      ? t("Message to {names}", { names })
      : t("Message to {room}", { room: title });
  document.getElementById("timeline")?.setAttribute("aria-label", t("Messages in {room}", { room: title }));
}
