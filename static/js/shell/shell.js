/**
 * What is there once for all rooms of the page, and one room in its middle: the elements of the
 * sidebar and the dialogs work with the room that is shown.
 */
import { withBase } from "../local/address.js";
import { Drawers } from "../dom/drawers.js";
import { Lifetime } from "../dom/lifetime.js";
import { ChatComposer } from "../elements/composer/composer.js";
import { ChatStatus } from "../elements/page/status.js";
import { ChatTitle } from "../elements/page/title.js";
import { ChatMembers } from "../elements/people/members.js";
import { ChatTimeline } from "../elements/timeline/timeline.js";
import { holdTabLock } from "../local/tabs.js";
import { watchAttention } from "../server/attention.js";
import { makeNonce } from "../sending/nonce.js";
import { newSite } from "../state/store.js";
import { openSpoilers } from "../words/rich_text.js";
import { OpenRoom } from "./open_room.js";

/** @typedef {import("../room.js").Page} Page */
/** @typedef {import("../server/site_connection.js").SiteConnection} SiteConnection */

/**
 * A room and its part of the page.
 * @typedef {object} View
 * @property {OpenRoom} room
 * @property {Page} page
 * @property {HTMLElement} main
 * @property {HTMLElement} members
 * @property {string} title of the document
 * @property {string} address of the document, when it was left
 * @property {Element|null} focused when it was left
 * @property {any} embedded what the server wrote into its page
 * @property {{main: Element, members: Element}} served its parts as they came
 */

const ELEMENTS = {
  "chat-title": ChatTitle,
  "chat-status": ChatStatus,
  "chat-members": ChatMembers,
  "chat-timeline": ChatTimeline,
  "chat-composer": ChatComposer,
};

/** @typedef {typeof import("./later.js")} Later what is loaded after the first view */

export class Shell {
  lifetime = new Lifetime();
  site = newSite();
  /** Of the room that is shown. */
  #showing = new Lifetime();
  /** @type {View} */ view;
  /** @type {Later|null} */ #later = null;
  /** @type {SiteConnection|null} */ #connection = null;
  /** @type {import("./navigation.js").Navigation|null} */ #navigation = null;
  /** @type {import("../offline/keeper.js").Keeper|null} */ #keeper = null;
  #tab = makeNonce();
  /** All that the page has, whichever is shown. @type {Set<OpenRoom>} */ #rooms = new Set();

  constructor() {
    const { signal } = this.lifetime;
    this.lifetime.add(() => this.#connection?.stop());
    holdTabLock(this.#tab, signal);
    this.drawers = new Drawers(/** @type {HTMLElement} */ (document.getElementById("app")), signal);
    openSpoilers(signal);
    this.lifetime.add(() => this.view.room.stop());
    this.lifetime.add(() => this.#showing.stop());
    this.view = this.open(document, document.title);
    this.#start();
    void this.#complete();
  }

  /** Of no room: all of them are told. @param {{type: string}} event */
  received(event) {
    for (const room of this.#rooms) {
      const isOther = event.type === "unread" && room !== this.view.room;
      if (isOther) room.store.dispatch({ ...event, type: "told" });
      else room.store.receive(event);
    }
  }

  /**
   * A room that isn't shown yet.
   * @param {Document} source the page as it came
   * @param {string} title
   * @returns {View}
   */
  open(source, title) {
    const embedded = JSON.parse(source.getElementById("room-state")?.textContent ?? "");
    const room = new OpenRoom(embedded, {
      site: this.site,
      connection: () => /** @type {SiteConnection} */ (this.#connection),
      tab: this.#tab,
      changed: () => this.view.room.store.touch("rooms"),
    });
    this.#rooms.add(room);
    room.lifetime.add(() => this.#rooms.delete(room));
    const main = /** @type {HTMLElement} */ (source.getElementById("main"));
    const members = /** @type {HTMLElement} */ (source.getElementById("members"));
    const find = (/** @type {string} */ name) => /** @type {any} */ (main.querySelector(name));
    const { store, history, outbox, amendments, typing } = room;
    /** @type {Page} */
    const page = {
      lifetime: this.#showing,
      roomLifetime: room.lifetime,
      store,
      history,
      outbox,
      send: (request) => room.send(request),
      amendments,
      drawers: this.drawers,
      timeline: find("chat-timeline"),
      composer: find("chat-composer"),
      typing,
      keys: /** @type {any} */ (document.querySelector("chat-keys")),
      messageActions: null,
      selection: null,
      go: (address) => this.go(address),
    };
    const served = {
      main: /** @type {Element} */ (main.cloneNode(true)),
      members: /** @type {Element} */ (members.cloneNode(true)),
    };
    return { room, page, main, members, title, address: "", focused: null, embedded, served };
  }

  /** To a page, which is loaded unless it is a room's. @param {string} address */
  go(address) {
    if (this.#navigation) this.#navigation.go(address);
    else location.assign(withBase(address));
  }

  /**
   * Puts another room in the place of the one that is shown. The document has its address already.
   * @param {View} view
   */
  show(view) {
    const before = this.view;
    const isBack = view.address !== "";
    this.view = view;
    before.main.replaceWith(view.main);
    before.members.replaceWith(view.members);
    document.title = view.title;
    this.drawers.refresh();
    this.#start(!isBack);
    this.#keeper?.shown(view);
    if (isBack && view.focused?.isConnected) /** @type {HTMLElement} */ (view.focused).focus();
    view.room.enter(() => {
      if (!isBack || this.#showing.ended || this.view !== view) return;
      view.page.timeline.comeBack();
      this.#attend();
    });
  }

  /** The room that is shown ends to be. */
  hide() {
    const { view } = this;
    const { activeElement } = document;
    const isInside = view.main.contains(activeElement) || view.members.contains(activeElement);
    view.focused = isInside ? activeElement : null;
    view.address = location.href;
    this.#showing.stop();
    view.room.leave();
  }

  /** @param {boolean} [attends] what is on screen is read from now on */
  #start(attends = true) {
    const showing = (this.#showing = new Lifetime());
    this.view.page.lifetime = showing;
    // A dialog belongs to the room that it was opened in.
    showing.add(() => {
      for (const dialog of document.querySelectorAll("dialog")) if (dialog.open) dialog.close("");
    });
    if (attends) this.#attend();
    for (const [name, element] of Object.entries(ELEMENTS)) this.#startElement(name, element);
    if (this.#later) this.#startLater(this.#later);
  }

  #attend() {
    const { store } = this.view.room;
    watchAttention(store, this.view.page.send, this.#showing);
  }

  /** @param {string} name @param {CustomElementConstructor} element */
  #startElement(name, element) {
    if (!customElements.get(name)) customElements.define(name, element);
    const node = /** @type {any} */ (document.querySelector(name));
    node.start(this.view.page);
    this.#showing.add(() => node.stop());
  }

  async #complete() {
    const later = await import("./later.js").catch(() => null);
    if (this.lifetime.ended) return;
    if (!later) {
      void this.#beginAnew();
      return;
    }
    this.#later = later;
    this.#connection = later.connect(this);
    try {
      this.#startLater(later);
      this.#keeper = later.keep(this);
      this.#navigation = later.navigate(this);
    } finally {
      // Without them one can still write.
      this.#connection.start();
      this.view.room.enter();
    }
    later.showWeather(this);
  }

  /**
   * What is loaded after the first view couldn't be, and a browser doesn't try that again: the page is
   * loaded anew once the server answers, but not twice. What was written is kept.
   */
  async #beginAnew() {
    const { store, history } = this.view.room;
    store.dispatch({ type: "connection", connection: "offline" });
    const [entry] = performance.getEntriesByType("navigation");
    if (/** @type {PerformanceNavigationTiming} */ (entry).type === "reload") return;
    for (let status = 0; status === 0 || status >= 500; status = await history.status()) {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      if (this.lifetime.ended) return;
    }
    location.reload();
  }

  /** @param {Later} later */
  #startLater(later) {
    for (const [name, element] of Object.entries(later.ELEMENTS)) this.#startElement(name, element);
    later.startRoom(this.view.page, this.lifetime.signal);
  }

  /** Ends all that the page began. */
  stop() {
    this.lifetime.stop();
  }
}
