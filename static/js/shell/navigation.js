/**
 * From room to room without loading the page: by links, by what asks for it, and by the browser's
 * back and forward. The rooms seen last stay in memory and are shown at once; of others the page is
 * fetched, and its middle taken. Where that isn't possible, the address is loaded.
 */
import { withBase, withoutBase } from "../local/address.js";
import { keptPage } from "../offline/kept_page.js";
import { titleWithSign } from "../words/names.js";
import { t } from "../words/texts.js";
import { KeptViews, roomOf } from "./kept_views.js";

/** @typedef {import("./shell.js").Shell} Shell */
/** @typedef {import("./shell.js").View} View */
/** @typedef {"push"|"replace"|"none"} How what becomes of the browser's history */

/** ms after which a page is taken from what is kept, while there is no connection. */
const PATIENCE = 2_000;

/** Of a room or a post in it. */
const PLACE = /^\/rooms\/([^/]+)(?:\/([1-9]\d{0,15}))?$/;

/**
 * @param {string} address
 * @returns {{room: string, number: number|null, href: string}|null} null where it is no room's;
 *   `room` is its name in small letters
 */
export function placeOf(address) {
  let url;
  try {
    url = new URL(address, location.href);
  } catch {
    return null;
  }
  const found = url.origin === location.origin ? PLACE.exec(withoutBase(url.pathname)) : null;
  if (!found || url.search) return null;
  const number = found[2] ? Number(found[2]) : null;
  return { room: nameOf(found[1]), number, href: `${url.pathname}${url.hash}` };
}

/** @param {string} part of an address */
function nameOf(part) {
  try {
    return decodeURIComponent(part).toLowerCase();
  } catch {
    return part;
  }
}

/** What must be the same for a page to be a part of this one. @param {Document} page */
const versionOf = (page) =>
  [
    page.documentElement.lang,
    page.querySelector("script[type=module]")?.getAttribute("src"),
    page.querySelector("meta[name=csrf-token]")?.getAttribute("content"),
  ].join(" ");

/** As a screen reader says the title of a page that is loaded. @param {string} title */
function tell(title) {
  /** @type {HTMLElement} */ (document.getElementById("arrival")).textContent = title;
  // The other languages lead back here.
  for (const link of document.querySelectorAll("chat-settings a[hreflang]")) {
    const url = new URL(/** @type {HTMLAnchorElement} */ (link).href);
    url.searchParams.set("next", location.pathname);
    link.setAttribute("href", `${url.pathname}${url.search}`);
  }
}

export class Navigation {
  #kept;
  #turn = 0;
  #fetching = new AbortController();
  #version = versionOf(document);

  /** @param {Shell} shell */
  constructor(shell) {
    this.shell = shell;
    const { lifetime } = shell;
    const { signal } = lifetime;
    this.#kept = new KeptViews(lifetime);
    document.addEventListener("click", (event) => this.#follow(event), { signal });
    addEventListener("popstate", () => this.#moved(), { signal });
    lifetime.add(() => this.#fetching.abort());
    // Somebody may have gone back before this was loaded.
    this.#moved();
  }

  /** @param {string} address */
  go(address) {
    const place = placeOf(withBase(address));
    if (!place) location.assign(withBase(address));
    else if (place.room === roomOf(this.shell.view)) this.#stay(place.number);
    else void this.#to(place, "push");
  }

  /** @param {MouseEvent} event */
  #follow(event) {
    const { button, ctrlKey, metaKey, shiftKey, altKey } = event;
    if (event.defaultPrevented || button || ctrlKey || metaKey || shiftKey || altKey) return;
    const link = /** @type {HTMLAnchorElement|null} */ (
      /** @type {Element} */ (event.target).closest?.("a[href]")
    );
    const place = link && !link.hasAttribute("download") ? placeOf(link.href) : null;
    if (!link || !place) return;
    const isHere = place.room === roomOf(this.shell.view);
    // The timeline follows those to its own messages; back into a room leads only its page.
    if (isHere && (place.number || this.shell.view.room.store.state.ended)) return;
    event.preventDefault();
    this.go(link.href);
  }

  /** In the room that is shown. @param {number|null} number */
  #stay(number) {
    this.#cancel();
    const { timeline, drawers } = this.shell.view.page;
    drawers.refresh();
    if (number) void timeline.goTo(number);
    else timeline.leave();
  }

  /** The browser went back or forward. */
  #moved() {
    const place = placeOf(location.href);
    const isHere = place?.room === roomOf(this.shell.view);
    this.#cancel();
    if (!place) location.reload();
    else if (!isHere) void this.#to(place, "none");
  }

  /** What was asked for before isn't wanted any more. */
  #cancel() {
    this.#turn += 1;
    this.#fetching.abort();
    this.#fetching = new AbortController();
    document.body.classList.remove("going");
  }

  /** @param {NonNullable<ReturnType<typeof placeOf>>} place @param {How} how */
  async #to(place, how) {
    this.#cancel();
    const kept = this.#kept.take(place.room);
    if (kept) {
      const wasAt = placeOf(kept.address)?.number ?? null;
      this.#show(kept, place.href, how);
      if (place.number && (how === "push" || place.number !== wasAt))
        void kept.page.timeline.goTo(place.number, { visit: false });
      return;
    }
    const turn = this.#turn;
    // What is typed meanwhile isn't meant for the room that one leaves.
    const focused = /** @type {HTMLElement|null} */ (document.activeElement);
    focused?.blur();
    document.body.classList.add("going");
    const found = await this.#fetch(place.href);
    if (turn !== this.#turn || this.shell.lifetime.ended) return;
    this.#cancel();
    if (typeof found !== "string") {
      const isElsewhere = how === "none" && found.path !== place.href;
      this.#show(this.#open(found.page), found.path, isElsewhere ? "replace" : how);
    } else if (how === "none") {
      location.reload();
    } else if (found === "unreachable") {
      this.#tellMissing(place.room);
      focused?.focus();
    } else {
      location.assign(place.href);
    }
  }

  /**
   * @param {string} address
   * @returns {Promise<{page: Document, path: string}|"another page"|"unreachable">} the page of a
   *   room, if it fits into this one, and its address in the end
   */
  async #fetch(address) {
    const fetching = this.#fetching;
    const { connection } = this.shell.view.room.store.state;
    const timer = connection === "offline" ? setTimeout(() => fetching.abort(), PATIENCE) : undefined;
    try {
      const { signal } = fetching;
      const answer = await fetch(address, { headers: { Accept: "text/html" }, signal });
      if (!answer.ok || !placeOf(answer.url)) return "another page";
      return this.#fitting(await answer.text(), new URL(answer.url).pathname);
    } catch {
      const { pathname } = new URL(address, location.href);
      const kept = await keptPage(pathname);
      return kept ? this.#fitting(kept.html, pathname) : "unreachable";
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {string} html @param {string} path */
  #fitting(html, path) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const isPart = page.getElementById("room-state") && versionOf(page) === this.#version;
    return isPart ? { page, path } : "another page";
  }

  /** @param {string} name of a room that is neither kept nor reached */
  #tellMissing(name) {
    const { site, view } = this.shell;
    const known = [...site.rooms.values()].find((one) => one.name.toLowerCase() === name);
    const text = t("There is no connection now, and {room} isn’t kept in this browser.", {
      room: known ? titleWithSign(known) : `#${name}`,
    });
    view.room.store.dispatch({ type: "toasted", text });
  }

  /** @param {Document} page @returns {View} */
  #open(page) {
    const main = /** @type {HTMLElement} */ (page.getElementById("main"));
    for (const hint of main.querySelectorAll("noscript")) hint.remove();
    const view = this.shell.open(page, page.title);
    // A room that was renamed is known by its former name.
    const { key } = view.room.store.state;
    this.#kept.drop((one) => one.room.store.state.key === key);
    return view;
  }

  /** @param {View} view @param {string} address @param {How} how */
  #show(view, address, how) {
    const { shell } = this;
    const before = shell.view;
    shell.hide();
    if (how === "push") history.pushState(null, "", address);
    if (how === "replace") history.replaceState(null, "", address);
    shell.show(view);
    tell(document.title);
    this.#kept.put(before);
  }
}
