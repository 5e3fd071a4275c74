/**
 * A room that the page has: its state, its part of the connection and what waits for an answer. It may
 * go on while another one is shown.
 */
import { withBase } from "../local/address.js";
import { Lifetime } from "../dom/lifetime.js";
import { requestAllPictures, setPictures } from "../elements/people/avatar.js";
import { ownKey, storage } from "../local/storage.js";
import { whenTabCloses } from "../local/tabs.js";
import { Absence } from "../server/absence.js";
import { Amendments } from "../sending/amendments.js";
import { History } from "../server/history.js";
import { Outbox, UNREADABLE } from "../sending/outbox.js";
import { Typing } from "../server/typing.js";
import { createStore, initial } from "../state/store.js";
import { setNames } from "../words/names.js";
import { t } from "../words/texts.js";

/** After these the person isn't in the room, and what is unsent can't be sent. */
const GONE = new Set([4501, 4502, 4505, 403, 404]);

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

/** @typedef {import("../server/site_connection.js").SiteConnection} SiteConnection */

/**
 * What the rooms of a page have in common.
 * @typedef {object} Surroundings
 * @property {import("../state/store.js").Site} site
 * @property {() => SiteConnection} connection of the page, which is there when a room is entered
 * @property {string} tab the name of this tab, another one after each reload
 * @property {() => void} changed called when something came for a room that isn't shown
 */

export class OpenRoom {
  lifetime = new Lifetime();
  /** @type {ReturnType<SiteConnection["room"]>|null} */ #connection = null;
  #site;
  #shown = false;
  /** Not shown, and of those that aren't entered. */
  #rests = false;
  #changed;
  /** Called once everything that was missed is here. @type {() => void} */ #caughtUp = () => {};

  /**
   * @param {any} embedded what the server wrote into the room's page
   * @param {Surroundings} surroundings
   */
  constructor(embedded, { site, connection, tab, changed }) {
    const { lifetime } = this;
    const { signal } = lifetime;
    this.#site = connection;
    this.#changed = changed;
    if (embedded.gravatar) requestAllPictures();
    setPictures(embedded.people);
    setPictures(embedded.members);
    setNames([...embedded.members, ...embedded.people]);
    const store = createStore(initial(embedded, undefined, site), framesOf(lifetime));
    const { state } = store;
    this.store = store;
    // Before any element watches: they paint what it sets.
    store.watch(["members"], () => setPictures(state.members.values()), signal);
    this.history = new History(store, withBase(`/rooms/${encodeURIComponent(state.room.name)}`));
    lifetime.add(() => this.history.stop());
    this.absence = new Absence(() => {
      store.dispatch({ type: "absence_ended" });
      this.history.members();
    });
    lifetime.add(() => this.absence.stop());
    const send = (/** @type {object} */ request) => this.send(request);
    this.typing = new Typing(send);
    this.outbox = new Outbox({
      store,
      storage,
      send,
      prefix: `aiochat:outbox:${state.you.name}:${state.key}:`,
      tab,
      whenTabCloses: whenTabCloses && ((other, then) => whenTabCloses?.(other, then, signal)),
      files: this.#files(),
    });
    lifetime.add(() => this.outbox.stop());
    addEventListener("storage", ({ key, newValue }) => this.outbox.changedElsewhere(ownKey(key), newValue), {
      signal,
    });
    this.outbox.restore();
    this.amendments = new Amendments({
      store,
      storage,
      send,
      prefix: `aiochat:asks:${state.you.name}:${state.key}:`,
    });
    lifetime.add(() => this.amendments.stop());
    this.amendments.restore();
    lifetime.add(() => this.#exit());
  }

  /**
   * What brings files to the server is loaded for the first one.
   * @returns {import("../sending/outbox.js").Files}
   */
  #files() {
    /** @type {Promise<typeof import("../sending/file_sending.js")>|null} */
    let loading = null;
    const load = async () => {
      loading ??= import("../sending/file_sending.js").then((found) => {
        found.watchFiles((...changed) => this.outbox.fileChanged(...changed), this.lifetime.signal);
        return found;
      });
      return loading;
    };
    return {
      send: async ({ batch, files }) => (await load()).sendFiles(batch, files),
      cancel: async ({ batch, files }) => (await load()).cancelFiles(batch, files),
      arrived: async (batch) => (await load()).filesArrived(batch),
    };
  }

  /** Sends a request, once. @param {object} request @returns {boolean} false without a connection */
  send(request) {
    return this.#connection?.send(request) ?? false;
  }

  /** It is shown, and entered unless it is still. @param {() => void} [caughtUp] called once */
  enter(caughtUp = () => {}) {
    this.#shown = true;
    this.#rests = false;
    this.#caughtUp = caughtUp;
    if (!this.#connection) this.#connect();
    else if (this.store.state.connection === "connected") this.#isHere();
  }

  /** It isn't shown any more. It stays entered, and up to date. */
  leave() {
    this.#shown = false;
    this.#caughtUp = () => {};
    this.store.dispatch({ type: "left" });
  }

  /** It is entered, though it isn't shown. */
  keep() {
    this.#rests = false;
    if (!this.#connection && !this.store.state.ended) this.#connect();
  }

  /** It is entered only for as long as something waits for an answer. */
  rest() {
    this.#rests = true;
    this.#rest();
  }

  /** Whether something that the person has done isn't known to be done. */
  get isWaiting() {
    const { pending, amendments } = this.store.state;
    return pending.some(({ stage }) => stage !== "refused") || amendments.length > 0;
  }

  #rest() {
    if (!this.#rests || this.isWaiting || !this.#connection) return;
    this.#exit();
    this.#isLost("connecting");
  }

  #exit() {
    this.#connection?.stop();
    this.#connection = null;
    this.store.dispatch({ type: "exited" });
  }

  #isHere() {
    const tell = this.#caughtUp;
    this.#caughtUp = () => {};
    tell();
  }

  /** @param {"connecting"|"offline"|"blocked"} status */
  #isLost(status) {
    this.store.dispatch({ type: "connection", connection: status });
    this.outbox.requeue();
    this.amendments.disconnected();
  }

  #connect() {
    const { store, outbox, amendments, absence } = this;
    const { state } = store;
    const connection = this.#site().room(state.room.name, {
      position: () => ({ since: state.lastSeq, epoch: state.epoch }),
      received: (event) => this.#received(event),
      heard: () => absence.heard(),
      refused: (event) => this.#refused(event),
      lost: (status) => this.#isLost(status),
      ended(code, reason) {
        if (GONE.has(code)) outbox.requeue("refused", t("Not sent: you aren’t in this room any more."));
        else outbox.requeue();
        if (GONE.has(code)) amendments.failAll();
        store.dispatch({ type: "ended", code, reason });
      },
      tick() {
        if (outbox.overdue) connection.probe();
        outbox.tick();
        amendments.tick();
      },
    });
    this.#connection = connection;
    connection.start();
  }

  /** @param {{type: string}} event */
  #received(event) {
    // What is typed now is told again while it goes on.
    if (event.type === "typing" && !this.#shown) return;
    const { store, absence, outbox, amendments, history } = this;
    try {
      store.receive(event);
      absence.received(event);
    } finally {
      outbox.received(event);
      amendments.received(event);
    }
    if (store.state.membersStale) history.members();
    if (event.type === "caught_up" || event.type === "reset") this.#isHere();
    if (!this.#shown) this.#changed();
    this.#rest();
  }

  /**
   * An error about a frame whose room the server can't tell. What isn't entered any more is sent when
   * it is again.
   * @param {{type: string, code: string, nonce?: string}} event
   */
  #refused(event) {
    const { pending, amendments } = this.store.state;
    const isOurs = event.nonce
      ? [...pending, ...amendments].some(({ nonce }) => nonce === event.nonce)
      : UNREADABLE.includes(event.code) && pending.some(({ stage }) => stage === "sent");
    if (isOurs && event.code !== "not_entered") this.#received(event);
  }

  /** It isn't kept: all that it began ends. */
  stop() {
    this.lifetime.stop();
  }
}
