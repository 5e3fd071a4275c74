/**
 * The room page: reads the embedded state, ties the connection, the store and the outbox together,
 * and starts the elements.
 */
import { Amendments } from "./server/amendments.js";
import { watchAttention } from "./server/attention.js";
import { Absence } from "./server/absence.js";
import { Lifetime } from "./dom/lifetime.js";
import { Drawers } from "./dom/drawers.js";
import { requestAllPictures, setPictures } from "./elements/people/avatar.js";
import { ChatBanner } from "./elements/page/banner.js";
import { ChatComposer } from "./elements/composer/composer.js";
import { ChatMembers } from "./elements/people/members.js";
import { ChatRooms } from "./elements/sidebar/rooms.js";
import { ChatStatus } from "./elements/page/status.js";
import { ChatTimeline } from "./elements/timeline/timeline.js";
import { ChatTitle } from "./elements/page/title.js";
import { ChatToasts } from "./elements/page/toasts.js";
import { History } from "./server/history.js";
import { makeNonce } from "./server/nonce.js";
import { Outbox } from "./server/outbox.js";
import { storage } from "./local/storage.js";
import { createStore, initial } from "./state/store.js";
import { holdTabLock, whenTabCloses } from "./local/tabs.js";
import { setNames } from "./words/names.js";
import { openSpoilers } from "./words/rich_text.js";
import { t } from "./words/texts.js";
import { Typing } from "./server/typing.js";
import { Connection } from "./server/connection.js";

/**
 * @typedef {object} Page what the elements work with
 * @property {Lifetime} lifetime of the room
 * @property {import("./state/store.js").Store} store
 * @property {History} history
 * @property {Outbox} outbox
 * @property {(request: object) => boolean} send to the room, once; false if there is no connection
 * @property {Amendments} amendments
 * @property {import("./elements/timeline/message_actions.js").MessageActions|null} messageActions
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
  "chat-timeline": ChatTimeline,
  "chat-composer": ChatComposer,
  "chat-toasts": ChatToasts,
};
/** What shows nothing at first: loaded after the first view, and before the page connects. */
const LATER = {
  "chat-typing": async () => (await import("./elements/people/typing.js")).ChatTyping,
  "chat-invitations": async () => (await import("./elements/sidebar/invitations.js")).ChatInvitations,
  "chat-switcher": async () => (await import("./elements/sidebar/switcher.js")).ChatSwitcher,
  "chat-person-card": async () => (await import("./elements/people/person_card.js")).ChatPersonCard,
  "chat-settings": async () => (await import("./elements/sidebar/settings.js")).ChatSettings,
  "chat-keys": async () => (await import("./elements/page/keys_dialog.js")).ChatKeys,
};
/** After these the person isn't in the room, and what is unsent can't be sent. */
const GONE = new Set([4501, 4502, 403, 404]);

/**
 * Renders once a frame. A hidden page has no frames, but its title still has to count.
 * @param {Lifetime} lifetime
 * @returns {(render: () => void) => void}
 */
function framesOf(lifetime) {
  let frame = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let late;
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(late);
  };
  lifetime.add(cancel);
  return (render) => {
    if (lifetime.ended) return;
    const once = () => {
      cancel();
      render();
    };
    frame = requestAnimationFrame(once);
    late = setTimeout(once, 250);
  };
}

/** Starts the room of the page. @returns {Lifetime} its `stop` undoes all that the room began */
export function openRoom() {
  const lifetime = new Lifetime();
  const { signal } = lifetime;
  const embedded = JSON.parse(
    /** @type {HTMLElement} */ (document.getElementById("room-state")).textContent ?? "",
  );
  const store = createStore(initial(embedded), framesOf(lifetime));
  const { state } = store;
  if (embedded.gravatar) requestAllPictures();
  setPictures(embedded.people);
  setPictures(embedded.members);
  setNames([...embedded.members, ...embedded.people]);
  // Before any element watches: they paint what it sets.
  store.watch(["members"], () => setPictures(state.members.values()), signal);
  const base = `/rooms/${encodeURIComponent(state.room.name)}`;
  const history = new History(store, base);
  lifetime.add(() => history.stop());
  const absence = new Absence(() => {
    store.dispatch({ type: "absence_ended" });
    history.members();
  });
  lifetime.add(() => absence.stop());

  const connection = new Connection(`${base}/ws`, {
    position: () => ({ since: state.lastSeq, epoch: state.epoch }),
    received(event) {
      try {
        store.receive(event);
        absence.received(event);
      } finally {
        outbox.received(event);
        amendments.received(event);
      }
      if (state.membersStale) history.members();
    },
    state(status) {
      store.dispatch({ type: "connection", connection: status });
      if (status === "connected") return;
      outbox.requeue();
      amendments.disconnected();
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
  lifetime.add(() => connection.stop());
  const send = (/** @type {object} */ request) => connection.send(request);
  const tab = makeNonce(); // its name, another one after each reload
  holdTabLock(tab, signal);
  const outbox = new Outbox({
    store,
    storage,
    send,
    prefix: `aiochat:outbox:${state.you.name}:${state.key}:`,
    tab,
    whenTabCloses: whenTabCloses && ((other, then) => whenTabCloses?.(other, then, signal)),
  });
  lifetime.add(() => outbox.stop());
  addEventListener("storage", ({ key, newValue }) => outbox.changedElsewhere(key, newValue), { signal });
  outbox.restore();
  const amendments = new Amendments({
    store,
    storage,
    send,
    prefix: `aiochat:asks:${state.you.name}:${state.key}:`,
  });
  lifetime.add(() => amendments.stop());
  amendments.restore();

  const find = (/** @type {string} */ name) => /** @type {any} */ (document.querySelector(name));
  /** @param {string} name @param {CustomElementConstructor} element */
  const start = (name, element) => {
    if (!customElements.get(name)) customElements.define(name, element);
    find(name).start(page);
    lifetime.add(() => find(name)?.stop());
  };
  /** @type {Page} */
  const page = {
    lifetime,
    store,
    history,
    outbox,
    send,
    amendments,
    drawers: new Drawers(/** @type {HTMLElement} */ (document.getElementById("app")), signal),
    timeline: find("chat-timeline"),
    composer: find("chat-composer"),
    typing: new Typing(send),
    keys: find("chat-keys"),
    messageActions: null,
  };
  openSpoilers(signal);
  watchAttention(store, send, lifetime);
  for (const [name, element] of Object.entries(ELEMENTS)) start(name, element);

  async function complete() {
    const actions = import("./elements/timeline/message_actions.js");
    const keys = import("./elements/timeline/timeline_keys.js");
    const names = import("./server/people_names.js");
    import("./words/clock.js").then(({ tellClock }) => tellClock());
    const elements = Object.entries(LATER).map(async ([name, load]) => ({ name, element: await load() }));
    const loaded = await Promise.all(elements);
    if (lifetime.ended) return;
    for (const { name, element } of loaded) start(name, element);
    const [{ MessageActions }, { TimelineKeys }, { watchNames }] = await Promise.all([actions, keys, names]);
    if (lifetime.ended) return;
    watchNames(store, lifetime);
    page.messageActions = new MessageActions(page);
    new TimelineKeys(page.timeline, page);
  }

  /** Where the site has it, after everything else. */
  async function showWeather() {
    if (!find("chat-weather")) return;
    const { ChatWeather } = await import("./elements/sidebar/weather.js");
    if (!lifetime.ended) start("chat-weather", ChatWeather);
  }

  // A dialog belongs to the room that it was opened in.
  lifetime.add(() => {
    for (const dialog of document.querySelectorAll("dialog")) if (dialog.open) dialog.close("");
  });
  // Without them one can still write.
  complete().finally(() => {
    if (lifetime.ended) return;
    connection.start();
    showWeather();
  });
  return lifetime;
}

export const room = openRoom();
