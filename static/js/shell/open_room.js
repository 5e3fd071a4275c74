/**
 * A room that the page has: its state, its connection and what waits for an answer. It may go on
 * while another one is shown.
 */
import { Lifetime } from "../dom/lifetime.js";
import { requestAllPictures, setPictures } from "../elements/people/avatar.js";
import { storage } from "../local/storage.js";
import { whenTabCloses } from "../local/tabs.js";
import { Absence } from "../server/absence.js";
import { Amendments } from "../server/amendments.js";
import { Connection } from "../server/connection.js";
import { History } from "../server/history.js";
import { Outbox } from "../server/outbox.js";
import { Typing } from "../server/typing.js";
import { createStore, initial } from "../state/store.js";
import { setNames } from "../words/names.js";
import { t } from "../words/texts.js";

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

export class OpenRoom {
  lifetime = new Lifetime();
  /** @type {Connection|null} */ #connection = null;
  #shown = false;
  /** Called once everything that was missed is here. @type {() => void} */ #caughtUp = () => {};

  /**
   * @param {any} embedded what the server wrote into the room's page
   * @param {import("../state/store.js").Site} site
   * @param {string} tab the name of this tab, another one after each reload
   */
  constructor(embedded, site, tab) {
    const { lifetime } = this;
    const { signal } = lifetime;
    if (embedded.gravatar) requestAllPictures();
    setPictures(embedded.people);
    setPictures(embedded.members);
    setNames([...embedded.members, ...embedded.people]);
    const store = createStore(initial(embedded, undefined, site), framesOf(lifetime));
    const { state } = store;
    this.store = store;
    // Before any element watches: they paint what it sets.
    store.watch(["members"], () => setPictures(state.members.values()), signal);
    this.history = new History(store, `/rooms/${encodeURIComponent(state.room.name)}`);
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
    });
    lifetime.add(() => this.outbox.stop());
    addEventListener("storage", ({ key, newValue }) => this.outbox.changedElsewhere(key, newValue), {
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
    lifetime.add(() => this.#connection?.stop());
  }

  /** Sends a request, once. @param {object} request @returns {boolean} false without a connection */
  send(request) {
    return this.#connection?.send(request) ?? false;
  }

  /** Connects, unless it is connected still. @param {() => void} [caughtUp] called once */
  enter(caughtUp = () => {}) {
    this.#shown = true;
    this.#caughtUp = caughtUp;
    if (!this.#connection) this.#connect();
    else if (this.store.state.connection === "connected") this.#isHere();
  }

  /** It isn't shown any more, and connected for as long as something waits for an answer. */
  leave() {
    this.#shown = false;
    this.#caughtUp = () => {};
    this.store.dispatch({ type: "left" });
    this.#rest();
  }

  /** Whether something that the person has done isn't known to be done. */
  get isWaiting() {
    const { pending, amendments } = this.store.state;
    return pending.some(({ stage }) => stage !== "refused") || amendments.length > 0;
  }

  #rest() {
    if (this.#shown || this.isWaiting || !this.#connection) return;
    this.#connection.stop();
    this.#connection = null;
    this.#isLost("connecting");
  }

  #isHere() {
    const tell = this.#caughtUp;
    this.#caughtUp = () => {};
    tell();
  }

  /** @param {"connecting"|"connected"|"offline"} status */
  #isLost(status) {
    this.store.dispatch({ type: "connection", connection: status });
    if (status === "connected") return;
    this.outbox.requeue();
    this.amendments.disconnected();
  }

  #connect() {
    const { store, history, outbox, amendments } = this;
    const { state } = store;
    const connection = new Connection(`${history.base}/ws`, {
      position: () => ({ since: String(state.lastSeq), epoch: state.epoch }),
      received: (event) => this.#received(event),
      state: (status) => this.#isLost(status),
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
    this.#connection = connection;
    connection.start();
  }

  /** @param {{type: string}} event */
  #received(event) {
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
    this.#rest();
  }

  /** It isn't kept: all that it began ends. */
  stop() {
    this.lifetime.stop();
  }
}
