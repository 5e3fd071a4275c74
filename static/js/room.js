/**
 * The room page: reads the state that the server embedded, ties socket, store and outbox together,
 * starts the elements.
 */
import { Amendments } from "./server/amendments.js";
import { watchAttention } from "./server/attention.js";
import { Absence } from "./server/absence.js";
import { Drawers } from "./dom/drawers.js";
import { requestAllPictures, setPictureVersions } from "./elements/people/avatar.js";
import { ChatBanner } from "./elements/page/banner.js";
import { ChatComposer } from "./elements/composer/composer.js";
import { ChatMembers } from "./elements/people/members.js";
import { ChatRooms } from "./elements/sidebar/rooms.js";
import { ChatStatus } from "./elements/page/status.js";
import { ChatTimeline } from "./elements/timeline/timeline.js";
import { ChatTitle } from "./elements/page/title.js";
import { ChatToasts } from "./elements/page/toasts.js";
import { ChatTyping } from "./elements/people/typing.js";
import { History } from "./server/history.js";
import { makeNonce } from "./server/nonce.js";
import { Outbox } from "./server/outbox.js";
import { storage } from "./local/storage.js";
import { createStore, initial } from "./state/store.js";
import { holdTabLock, whenTabCloses } from "./local/tabs.js";
import { t } from "./words/texts.js";
import { Typing } from "./server/typing.js";
import { Connection } from "./server/connection.js";

/**
 * @typedef {object} Page what the elements work with
 * @property {import("./state/store.js").Store} store
 * @property {History} history
 * @property {Outbox} outbox
 * @property {(request: object) => boolean} send to the room, once; false if there is no connection
 * @property {Amendments} amendments
 * @property {import("./elements/timeline/message_actions.js").MessageActions} messageActions
 * @property {Drawers} drawers
 * @property {ChatTimeline} timeline
 * @property {ChatComposer} composer
 * @property {Typing} typing
 * @property {import("./elements/page/keys_dialog.js").ChatKeys} keys
 */

const ELEMENTS = {
  "chat-title": ChatTitle,
  "chat-banner": ChatBanner,
  "chat-status": ChatStatus,
  "chat-rooms": ChatRooms,
  "chat-members": ChatMembers,
  "chat-typing": ChatTyping,
  "chat-timeline": ChatTimeline,
  "chat-composer": ChatComposer,
  "chat-toasts": ChatToasts,
};
/**
 * What isn't on screen at first, dialogs and menus: it comes after the first view, and before the
 * page is connected.
 */
const LATER = {
  "chat-switcher": async () => (await import("./elements/sidebar/switcher.js")).ChatSwitcher,
  "chat-person-card": async () => (await import("./elements/people/person_card.js")).ChatPersonCard,
  "chat-settings": async () => (await import("./elements/sidebar/settings.js")).ChatSettings,
  "chat-keys": async () => (await import("./elements/page/keys_dialog.js")).ChatKeys,
};
/** After these the person isn't in the room any more, and what is unsent has nowhere to go. */
const GONE = new Set([4501, 4502, 403, 404]);

/**
 * Once a frame; a hidden page has no frames, but its title still has to count.
 * @param {() => void} render
 */
function nextFrame(render) {
  const frame = requestAnimationFrame(() => {
    clearTimeout(late);
    render();
  });
  const late = setTimeout(() => {
    cancelAnimationFrame(frame);
    render();
  }, 250);
}

const embedded = JSON.parse(
  /** @type {HTMLElement} */ (document.getElementById("room-state")).textContent ?? "",
);
const store = createStore(initial(embedded), nextFrame);
const { state } = store;
const setMembersPictures = () =>
  setPictureVersions([...state.members.values()].map(({ name, picture }) => [name, picture]));
if (embedded.gravatar) requestAllPictures();
setPictureVersions(Object.entries(embedded.pictures));
setMembersPictures();
// Before any element watches: what they paint shows it.
store.watch(["members"], setMembersPictures);
const base = `/rooms/${encodeURIComponent(state.room.name)}`;
const history = new History(store, base);
const absence = new Absence(() => {
  store.dispatch({ type: "absence_ended" });
  history.members();
});

const connection = new Connection(`${base}/ws`, {
  position: () => ({ since: state.lastSeq, epoch: state.epoch }),
  received(event) {
    store.receive(event);
    absence.received(event);
    outbox.received(event);
    amendments.received(event);
    if (state.membersStale) history.members();
  },
  state(status) {
    store.dispatch({ type: "connection", connection: status });
    if (status !== "connected") outbox.requeue();
  },
  ended(code, reason) {
    if (GONE.has(code)) outbox.requeue("refused", t("Not sent: you aren’t in this room any more."));
    else outbox.requeue();
    if (GONE.has(code)) amendments.failAll();
    store.dispatch({ type: "ended", code, reason });
  },
  checkStatus: () => history.status(),
  tick() {
    if (outbox.overdue) connection.probe();
    outbox.tick();
    amendments.tick();
  },
});
const send = (/** @type {object} */ request) => connection.send(request);
const tab = makeNonce(); // its name, another one after each reload
holdTabLock(tab);
const outbox = new Outbox({
  store,
  storage,
  send,
  prefix: `aiochat:outbox:${state.you.name}:${state.room.name}:`,
  tab,
  whenTabCloses,
});
addEventListener("storage", ({ key, newValue }) => outbox.changedElsewhere(key, newValue));
outbox.restore();
const amendments = new Amendments({
  store,
  storage,
  send,
  prefix: `aiochat:asks:${state.you.name}:${state.room.name}:`,
});
amendments.restore();

for (const [name, element] of Object.entries(ELEMENTS)) customElements.define(name, element);
const find = (/** @type {string} */ name) => /** @type {any} */ (document.querySelector(name));
/** @type {Page} */
const page = {
  store,
  history,
  outbox,
  send,
  amendments,
  drawers: new Drawers(/** @type {HTMLElement} */ (document.getElementById("app"))),
  timeline: find("chat-timeline"),
  composer: find("chat-composer"),
  typing: new Typing(send),
  keys: find("chat-keys"),
  messageActions: /** @type {any} */ (null),
};
watchAttention(store, send);
for (const name of Object.keys(ELEMENTS)) find(name).start(page);

async function complete() {
  const actions = import("./elements/timeline/message_actions.js");
  const keys = import("./elements/timeline/timeline_keys.js");
  const elements = Object.entries(LATER).map(async ([name, load]) => ({ name, element: await load() }));
  for (const { name, element } of await Promise.all(elements)) {
    customElements.define(name, element);
    find(name).start(page);
  }
  page.messageActions = new (await actions).MessageActions(page);
  new (await keys).TimelineKeys(page.timeline, page);
}

/** Where the site has it; when all else is there. */
async function showWeather() {
  const box = find("chat-weather");
  if (!box) return;
  customElements.define("chat-weather", (await import("./elements/sidebar/weather.js")).ChatWeather);
  box.start(page);
}

// Without them one can still talk.
complete().finally(() => {
  connection.start();
  showWeather();
});
