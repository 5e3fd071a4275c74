/**
 * What stands beside the pages that are no rooms: the sidebar and the switcher, live by the person's own
 * connection.
 */
import { withBase } from "../local/address.js";
import { Drawers } from "../dom/drawers.js";
import { watchEdgeSwipe } from "../dom/edge_swipe.js";
import { Lifetime } from "../dom/lifetime.js";
import { bareTitle, showTotals } from "../elements/page/badge.js";
import { watchNotices } from "../elements/page/notices.js";
import { watchReports } from "../elements/page/reports.js";
import { ChatToasts } from "../elements/page/toasts.js";
import { ChatInvitations } from "../elements/sidebar/invitations.js";
import { ChatOutcomes } from "../elements/sidebar/outcomes.js";
import { ChatRooms } from "../elements/sidebar/rooms.js";
import { ChatSettings } from "../elements/sidebar/settings.js";
import { ChatSwitcher } from "../elements/sidebar/switcher.js";
import { ChatWeather } from "../elements/sidebar/weather.js";
import { askNames } from "../server/people_names.js";
import { SiteConnection } from "../server/site_connection.js";
import { createStore, initial } from "../state/store.js";
import { shownTitle } from "../words/names.js";

/** @param {string} name one's own */
const emptyState = (name) =>
  initial({
    ...{ room: { name: "", kind: "open", title: "" }, key: "", you: { name }, may: [], epoch: "" },
    ...{ last_seq: 0, last_number: 0, read_number: 0, messages: [], more: false, members: [] },
    ...{ invitations: [], commands: [] },
  });

export class Beside {
  lifetime = new Lifetime();

  constructor() {
    const { signal } = this.lifetime;
    this.switcher = /** @type {ChatSwitcher} */ (document.querySelector("chat-switcher"));
    this.store = createStore(emptyState(this.switcher.dataset.user ?? ""), requestAnimationFrame);
    this.store.state.rooms.clear();
    /** @type {any} */
    const go = (/** @type {string} */ address) => location.assign(withBase(address));
    const page = { store: this.store, go };
    this.#start("chat-switcher", ChatSwitcher, page);
    const app = document.getElementById("app");
    this.connection = new SiteConnection({
      user: this.store.state.you.name,
      received: (event) => this.#received(event),
      state: (connection) => this.store.dispatch({ type: "connection", connection }),
      ended() {},
    });
    this.lifetime.add(() => this.connection.stop());
    if (app) {
      const drawers = new Drawers(app, signal);
      watchEdgeSwipe(app, () => drawers.open("sidebar"), signal);
      // Asked for each time: from one section of the settings to another it changes.
      this.store.watch(["rooms"], () => showTotals(this.store.state, bareTitle()), signal);
      // The first `unread` tells all rooms; until then the lists are as they were rendered.
      this.#whenTold = () => {
        this.#whenTold = () => {};
        this.#start("chat-rooms", ChatRooms, page);
        this.#start("chat-invitations", ChatInvitations, page);
        this.#start("chat-outcomes", ChatOutcomes, page);
        watchReports({ store: this.store, lifetime: this.lifetime });
        watchNotices({ store: this.store, lifetime: this.lifetime });
        app.dataset.live = "";
      };
      this.#start("chat-settings", ChatSettings, page);
      this.#start("chat-toasts", ChatToasts, page);
      if (document.querySelector("chat-weather")) this.#start("chat-weather", ChatWeather, page);
    }
    this.connection.start();
  }

  #whenTold = () => {};

  /** @param {string} name @param {CustomElementConstructor} element @param {any} page */
  #start(name, element, page) {
    if (!customElements.get(name)) customElements.define(name, element);
    const node = /** @type {any} */ (document.querySelector(name));
    node.start(page);
    this.lifetime.add(() => node.stop());
  }

  /** @param {{type: string}} event */
  async #received(event) {
    this.store.receive(event);
    if (event.type === "person") this.store.touch("rooms");
    if (event.type !== "unread") return;
    this.#whenTold();
    await this.#nameAll();
  }

  /** Names that aren't known are shown as soon as they are. */
  async #nameAll() {
    for (const room of this.store.state.rooms.values()) shownTitle(room);
    try {
      await askNames();
    } catch {
      // by their handles, until the next time
    }
    if (!this.lifetime.ended) this.store.touch("rooms");
  }

  stop() {
    this.lifetime.stop();
  }
}
