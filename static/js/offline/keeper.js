/**
 * Keeps in the browser what one sees of one's rooms, so that they open without a network. It begins some
 * time after the first view. Where a browser keeps nothing, or has no service workers, the page is as it
 * would be without it.
 */
import { withBase } from "../local/address.js";
import { Lifetime } from "../dom/lifetime.js";
import { get, getPart } from "../server/http.js";
import { bringUpToDate, claim, FILES, forgetOf, hasShell, keepShell, notes } from "./database.js";
import { KeptRoom } from "./kept_room.js";
import { shellKey, shellOf } from "./shell_page.js";

/** ms after the connection: the first view is done, and who only looks in costs nothing. */
const AFTER_FIRST = 3_000;
/** The same where the service worker is there already. */
const AFTER = 1_000;
/** ms: what became of all that is kept is asked as often while the page is in use. */
const CHECK_EVERY = 15 * 60_000;
/** ms: after a break of the connection at most as often, */
const CHECK_AGAIN = 60_000;
/** and within so many ms: after a restart of the server everybody's connection had one. */
const SPREAD = 10_000;

/** Ends of a connection: the person isn't signed in any more, or isn't in the room any more. */
const SIGNED_OUT = new Set([401, 4503]);
const GONE = new Set([403, 404, 4501, 4502, 4505]);

/** @typedef {import("../shell/shell.js").View} View */

/** A browser that keeps nothing may refuse even the question. */
function mayKeep() {
  try {
    return Boolean(navigator.serviceWorker && globalThis.indexedDB && globalThis.caches);
  } catch {
    return false;
  }
}

/** The server can't be asked now. */
class Unreachable extends Error {}

export class Keeper {
  #lifetime = new Lifetime();
  /** @type {Map<View, KeptRoom>} */ #rooms = new Map();
  /** What is kept is up to date, and more may be kept. */ #isReady = false;
  #isBeginning = false;
  #checkedAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;
  #key = shellKey(document);

  /** @param {Lifetime} lifetime of the page @param {View} view that is shown */
  constructor(lifetime, view) {
    lifetime.add(() => this.#lifetime.stop());
    if (!mayKeep()) this.#lifetime.stop();
    const { signal } = this.#lifetime;
    const hidden = () => document.visibilityState === "hidden" && this.#keepAll();
    document.addEventListener("visibilitychange", hidden, { signal });
    addEventListener("pagehide", () => this.#keepAll(), { signal });
    this.#lifetime.add(() => {
      clearTimeout(this.#timer);
      for (const room of this.#rooms.values()) room.stop();
    });
    this.shown(view);
  }

  /** A room is shown, and connects in a moment. @param {View} view */
  shown(view) {
    if (this.#lifetime.ended) return;
    const room = this.#rooms.get(view) ?? this.#follow(view);
    room.use();
  }

  /** @param {View} view */
  #follow(view) {
    const room = new KeptRoom(view, this.#key);
    this.#rooms.set(view, room);
    const { store, lifetime } = view.room;
    lifetime.add(() => {
      room.stop();
      this.#rooms.delete(view);
    });
    store.hear((event) => this.#lifetime.ended || this.#heard(room, event), lifetime.signal);
    store.watch(["ended"], () => this.#ended(room), lifetime.signal);
    return room;
  }

  /** @param {KeptRoom} room @param {any} event */
  #heard(room, event) {
    if (!room.heard(event)) this.#checkedAt = -Infinity;
    if (event.type === "hello" && event.you.name === room.view.embedded.you.name) this.#greeted(room);
    if (this.#isReady) room.keepSoon(event, () => this.#quietly(() => this.#keep(room)));
  }

  /** @param {KeptRoom} room */
  #greeted(room) {
    if (this.#isReady) {
      this.#later(SPREAD * Math.random(), () => this.#check(room.person, CHECK_AGAIN));
    } else if (!this.#isBeginning) {
      this.#isBeginning = true;
      const wait = navigator.serviceWorker.controller ? AFTER : AFTER_FIRST;
      this.#later(wait, () => this.#begin(room));
    }
  }

  /** @param {number} wait ms @param {() => Promise<void>} work */
  #later(wait, work) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#quietly(work), wait);
  }

  /**
   * Without a server it is tried again when it is there. What else fails ends it: a full disk, a private
   * window, another person.
   * @param {() => Promise<void>} work
   */
  async #quietly(work) {
    if (this.#lifetime.ended) return;
    try {
      await work();
    } catch (error) {
      if (error instanceof Unreachable) this.#isBeginning = false;
      else this.#lifetime.stop();
    }
  }

  /** @param {KeptRoom} room */
  async #begin(room) {
    // Without one nothing could be shown, and signing out would have nobody to remove it.
    if (!(await navigator.serviceWorker.register(withBase("/service-worker.js"), { updateViaCache: "none" })))
      throw new Error("refused");
    const token = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
    await claim(room.person, token);
    this.#checkedAt = -Infinity;
    await this.#check(room.person);
    if (!(await hasShell(this.#key))) await this.#keepShell(room);
    if (this.#lifetime.ended) return;
    this.#isReady = true;
    for (const one of this.#rooms.values()) await this.#keep(one);
  }

  /** Asks what became of all that is kept. @param {string} person @param {number} every ms */
  async #check(person, every = CHECK_EVERY) {
    const now = performance.now();
    if (now - this.#checkedAt < every) return;
    this.#checkedAt = now;
    const asked = await notes();
    const texts = asked.map(({ id, lastSeq, checkedSeq }) => ["kept", `${id}-${lastSeq}-${checkedSeq}`]);
    if (texts.length) {
      const answer = await this.#ask(person, `/kept?${new URLSearchParams(texts)}`);
      const told = await answer.json();
      try {
        await bringUpToDate(person, asked, told);
      } catch (error) {
        // What was deleted meanwhile would be shown.
        await forgetOf(person).catch(() => {});
        throw error;
      }
    }
    for (const room of this.#rooms.values()) await room.join();
  }

  /** @param {string} person @param {string} address */
  async #ask(person, address) {
    const answer = await get(address).catch(() => null);
    if (answer?.status === 401) await this.#forget(person);
    if (answer?.ok) return answer;
    this.#checkedAt = -Infinity;
    throw new Unreachable();
  }

  /** @param {KeptRoom} room in whose page the shell is found */
  async #keepShell({ person, view }) {
    const { room, address } = view.room.store.state;
    const page = withBase(`/rooms/${encodeURIComponent(address || room.name)}`);
    const answer = await getPart(page).catch(() => null);
    const shell = answer?.ok ? await shellOf(answer, this.#key) : null;
    // Another release of the site is there: its own pages keep it.
    if (!shell) throw new Unreachable();
    const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
    for (const { origin, pathname } of loaded)
      if (origin === location.origin && pathname.startsWith(withBase("/static/"))) shell.files.push(pathname);
    await this.#keepFiles(await keepShell(person, this.#key, shell));
  }

  /** Those of all pages that are kept, and no others. @param {string[]} addresses */
  async #keepFiles(addresses) {
    const cache = await caches.open(FILES);
    const there = (await cache.keys()).map(({ url }) => new URL(url).pathname);
    await Promise.all(there.filter((one) => !addresses.includes(one)).map((one) => cache.delete(one)));
    await cache.addAll(addresses.filter((one) => !there.includes(one)));
  }

  /** @param {KeptRoom} room */
  async #keep(room) {
    await this.#check(room.person);
    await room.keep();
  }

  #keepAll() {
    if (this.#isReady) for (const room of this.#rooms.values()) void this.#quietly(() => room.keep());
  }

  /** @param {KeptRoom} room */
  #ended(room) {
    const { ended } = room.view.room.store.state;
    if (!ended) return;
    if (SIGNED_OUT.has(ended.code)) void this.#quietly(() => this.#forget(room.person));
    if (!GONE.has(ended.code)) return;
    room.stop();
    this.#rooms.delete(room.view);
    // Before that all is asked about.
    if (this.#isReady) void this.#quietly(() => room.drop());
  }

  /** @param {string} person somebody else may have signed in meanwhile */
  async #forget(person) {
    this.#lifetime.stop();
    await forgetOf(person);
  }
}
