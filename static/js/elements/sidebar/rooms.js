/**
 * The sidebar: own rooms and conversations with their unread counts, a filter, and the keys that
 * move between them.
 */
import { withBase } from "../../local/address.js";
import { PageElement } from "../page_element.js";
import { shownTitle } from "../../words/names.js";
import { dotOf } from "../../state/people.js";
import { reconcile } from "../../dom/reconcile.js";
import { recentsOf } from "../../local/recents.js";
import { session, storage } from "../../local/storage.js";
import { getJson } from "../../server/http.js";
import { cloneElement, part } from "../../dom/template.js";
import { fold } from "../../words/folding.js";
import { n } from "../../words/texts.js";
import { badgeOf, isConversation, isMuted, mentionsOf } from "../../state/unread.js";
import { reportsOf, short, unreadOf } from "../../state/unread.js";
import { paintAvatar } from "../people/avatar.js";
import { showRoomPicture } from "../people/room_picture.js";
import { dotText } from "../people/members.js";

const SCROLLED = "aiochat:rooms-scrolled";

/**
 * @typedef {import("../../state/types.js").OwnRoom} OwnRoom
 * @typedef {{key: string, shape: string, room: OwnRoom, title: string, unread: number, mentions:
 *   number, reports: number, asking: number, badge: number, dot: string, current: boolean}} Row
 * @typedef {{list: HTMLElement, includes: (room: OwnRoom) => boolean, shown: Map<string, {node:
 *   HTMLElement, row: any}>, rows: Row[]}} Section
 */

const render = {
  make(/** @type {Row} */ { room }) {
    const node = cloneElement("room");
    const link = /** @type {HTMLAnchorElement} */ (node.firstElementChild);
    link.href = withBase(`/rooms/${encodeURIComponent(room.name)}`);
    link.dataset.room = room.name;
    return node;
  },
  update(/** @type {HTMLElement} */ node, /** @type {Row} */ row) {
    const { room, title, unread, mentions, reports, asking, dot, current } = row;
    const link = /** @type {HTMLElement} */ (node.firstElementChild);
    link.dataset.kind = room.kind;
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    /** @type {HTMLElement} */ (link.querySelector(".room-link-name")).textContent = link.title = title;
    link.classList.toggle("has-unread", unread > 0);
    part(link, "count").hidden = !unread;
    part(link, "count-number").textContent = short(unread);
    part(link, "reports").hidden = !reports;
    part(link, "reports-number").textContent = short(reports);
    part(link, "asking").hidden = !asking;
    part(link, "asking-number").textContent = short(asking);
    part(link, "mentions").hidden = !mentions || isConversation(room);
    part(link, "mentions-number").textContent = short(mentions);
    showRoomPicture(part(link, "picture"), room);
    if (room.kind !== "direct") return;
    part(link, "state").textContent = dotText(dot);
    paintAvatar(part(link, "avatar"), room.title);
    part(link, "avatar").dataset.dot = dot;
  },
};

/** By badge, then by unread, then by name. @param {Row} a @param {Row} b */
const byUrgency = (a, b) =>
  Number(b.badge > 0) - Number(a.badge > 0) ||
  Number(b.unread > 0) - Number(a.unread > 0) ||
  a.title.localeCompare(b.title);

export class ChatRooms extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {string} */ current;
  /** @type {HTMLElement} */ scroller;
  /** @type {HTMLInputElement} */ filter;
  /** @type {HTMLButtonElement} */ hint;
  /** @type {Section[]} */ #sections = [];
  /** Of what is shown; null as long as the rows are those that the server rendered. @type {string|null} */
  #shape = null;
  /** Archived rooms, folded. @type {HTMLDetailsElement} */ #archived;

  /** @param {import("../../room.js").Page} page */
  start(page) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    const isFirst = !this.page;
    this.page = page;
    const { state } = page.store;
    this.current = state.room.name;
    recentsOf(storage, state.you.name, "visited").use(this.current);
    const find = (/** @type {string} */ selector) => /** @type {any} */ (this.querySelector(selector));
    this.scroller = find(".room-lists");
    this.filter = find("#room-filter");
    this.hint = find(".more-unread");
    if (isFirst)
      this.#sections = [
        adopt(find("#room-list"), (room) => !isConversation(room) && !room.archived),
        adopt(find("#conversation-list"), isConversation),
        adopt(find("#archived-list"), (room) => !isConversation(room) && Boolean(room.archived)),
      ];
    this.#archived = find(".archived-rooms");
    this.#archived.addEventListener("toggle", () => this.#showHint(), { signal });
    // What was typed before the scripts were here stays.
    if (!isFirst) this.filter.value = "";
    this.filter.addEventListener("input", () => this.#filterRooms(), { signal });
    this.filter.addEventListener("keydown", (event) => this.#filterKey(event), { signal });
    this.scroller.addEventListener("keydown", (event) => this.#listKey(event), { signal });
    this.scroller.addEventListener("scroll", () => this.#showHint(), { passive: true, signal });
    const resized = new ResizeObserver(() => this.#showHint());
    resized.observe(this.scroller);
    lifetime.disconnect(resized);
    this.hint.addEventListener(
      "click",
      () => this.#unseen()?.scrollIntoView({ block: "center", behavior: "smooth" }),
      { signal },
    );
    addEventListener("keydown", (event) => this.#key(event), { signal });
    // Rows stay in place while the page is visible, and are sorted while it is hidden.
    document.addEventListener("visibilitychange", () => document.hidden && this.#show(!this.#isBusy()), {
      signal,
    });
    // Restored from the back/forward cache: read marks may have changed, and the socket needs time.
    addEventListener("pageshow", (event) => event.persisted && this.#refresh(), { signal });
    page.store.watch(["rooms", "reading", "members"], () => this.#show(), signal);
    this.#show();
    this.#filterRooms();
    // The list stays where it was from one page to the next.
    if (isFirst) this.scroller.scrollTop = Number(session.get(SCROLLED) ?? 0);
    addEventListener("pagehide", () => session.set(SCROLLED, String(this.scroller.scrollTop)), { signal });
    this.#showHint();
  }

  #show(inOrder = false) {
    const { state } = this.page.store;
    const rooms = [...state.rooms.values()];
    const rowsOf = this.#sections.map((section) =>
      rooms.filter(section.includes).map((room) => this.#row(room)),
    );
    // Asked for at each step of reading, and then nearly always as it was.
    const shape = rowsOf.flatMap((rows) => rows.map((row) => `${row.key} ${row.shape}`)).join("\n");
    if (shape === this.#shape && !inOrder) return;
    this.#shape = shape;
    for (const [index, section] of this.#sections.entries()) {
      const rows = rowsOf[index];
      section.rows = inOrder ? rows.sort(byUrgency) : keepOrder(rows, section.rows, this.#isBusy());
      reconcile(section.list, section.shown, section.rows, render);
    }
    this.#archived.hidden = !this.#sections[2].rows.length;
    this.#filterRooms();
    this.#showHint();
  }

  /** Whether the pointer or the focus is in the list: then no row moves. */
  #isBusy() {
    return this.scroller.matches(":hover") || this.scroller.contains(document.activeElement);
  }

  async #refresh() {
    try {
      const told = await getJson("/rooms?only=own");
      this.page.store.receive({ type: "unread", whole: true, ...told });
      this.page.store.receive(told.online);
    } catch {
      // as it was, until the socket tells
    }
  }

  /** @param {OwnRoom} room @returns {Row} */
  #row(room) {
    const { state } = this.page.store;
    const muted = isMuted(room);
    const [unread, mentions] = muted ? [0, 0] : [unreadOf(state, room), mentionsOf(state, room)];
    const badge = badgeOf(state, room);
    const reports = reportsOf(room);
    const asking = state.site.asking.get(room.name) ?? 0;
    const title = shownTitle(room);
    const dot = room.kind === "direct" ? dotOf(state, room.title) : "";
    const current = room.name === this.current;
    const { kind, archived, picture } = room;
    return {
      key: room.name,
      shape: [title, kind, archived, picture, unread, mentions, reports, asking, dot, current].join(" "),
      room,
      title,
      unread,
      mentions,
      reports,
      asking,
      badge,
      dot,
      current,
    };
  }

  /** @returns {HTMLAnchorElement[]} */
  #links() {
    return [...this.scroller.querySelectorAll("a[data-room]")].flatMap((link) =>
      link.closest("[hidden], details:not([open])") ? [] : [/** @type {HTMLAnchorElement} */ (link)],
    );
  }

  #filterRooms() {
    const wanted = fold(this.filter.value.trim());
    if (wanted) this.#archived.open = true;
    for (const { shown } of this.#sections)
      for (const { node, row } of shown.values())
        node.hidden = !fold(`${row.title} ${row.room.title}`).includes(wanted);
    this.classList.toggle("sifted", wanted !== "");
    /** @type {HTMLElement} */ (this.querySelector(".no-rooms")).hidden =
      wanted === "" || this.#links().length > 0;
    // The list may not hold all of one's rooms: the page of all rooms searches for the same.
    /** @type {HTMLAnchorElement} */ (this.querySelector(".all-rooms")).href = wanted
      ? withBase(`/rooms?q=${encodeURIComponent(wanted)}`)
      : withBase("/rooms");
  }

  /**
   * The first unread row, if no unread row is visible.
   * @returns {HTMLElement|undefined}
   */
  #unseen() {
    const { top, bottom } = this.scroller.getBoundingClientRect();
    const links = this.#links().filter((link) => link.classList.contains("has-unread"));
    const seen = (/** @type {HTMLElement} */ link) =>
      link.getBoundingClientRect().bottom > top + 8 && link.getBoundingClientRect().top < bottom - 8;
    return links.some(seen) ? undefined : links[0];
  }

  #showHint() {
    const rows = this.#sections
      .flatMap((section) => section.rows)
      .filter((row) => row.unread && !row.room.archived);
    const unseen = rows.length ? this.#unseen() : undefined;
    this.hint.hidden = !unseen;
    if (!unseen) return;
    this.hint.dataset.way =
      unseen.getBoundingClientRect().top < this.scroller.getBoundingClientRect().top ? "up" : "down";
    part(this.hint, "text").textContent = n("{count} unread room", "{count} unread rooms", rows.length);
  }

  /** @param {KeyboardEvent} event */
  #filterKey(event) {
    if (event.key === "Enter" && !event.isComposing)
      (this.#links()[0] ?? /** @type {HTMLElement} */ (this.querySelector(".all-rooms"))).click();
    if (event.key === "ArrowDown") this.#links()[0]?.focus();
    if (event.key === "Escape" && this.filter.value) {
      event.stopPropagation();
      this.filter.value = "";
      this.#filterRooms();
    }
  }

  /** The arrows move along the rows. @param {KeyboardEvent} event */
  #listKey(event) {
    const links = this.#links();
    const here = links.indexOf(/** @type {HTMLAnchorElement} */ (event.target));
    if (
      here < 0 ||
      event.altKey ||
      event.ctrlKey ||
      event.metaKey ||
      (event.key !== "ArrowUp" && event.key !== "ArrowDown")
    )
      return;
    event.preventDefault();
    const next = links[here + (event.key === "ArrowUp" ? -1 : 1)];
    (next ?? (here === 0 ? this.filter : links[here])).focus();
  }

  /**
   * Alt with an arrow goes to the room above or below, with Shift to an unread one.
   * @param {KeyboardEvent} event
   */
  #key(event) {
    if (
      !event.altKey ||
      event.ctrlKey ||
      event.metaKey ||
      (event.key !== "ArrowUp" && event.key !== "ArrowDown")
    )
      return;
    event.preventDefault();
    const step = event.key === "ArrowUp" ? -1 : 1;
    const rows = this.#sections
      .flatMap((section) => section.rows)
      .filter((row) => !row.room.archived || this.#archived.open);
    const wanted = rows.filter((row) => row.key === this.current || !event.shiftKey || row.unread > 0);
    const here = wanted.findIndex((row) => row.key === this.current);
    if (wanted.length < 2) return;
    const { key } = wanted[(here + step + wanted.length) % wanted.length];
    this.page.go(`/rooms/${encodeURIComponent(key)}`);
  }
}

/**
 * Adopts the rows that the server rendered.
 * @param {HTMLElement} list
 * @param {(room: OwnRoom) => boolean} includes
 * @returns {Section}
 */
function adopt(list, includes) {
  const shown = new Map();
  /** @type {any[]} */
  const rows = [];
  for (const node of list.children) {
    const row = { key: node.querySelector("a")?.dataset.room ?? "", shape: "" };
    shown.set(row.key, { node, row });
    rows.push(row);
  }
  return { list, includes, shown, rows };
}

/**
 * The rows where they stand, new ones before them, or, if none may move, after them.
 * @param {Row[]} rows
 * @param {Row[]} before
 * @param {boolean} busy
 */
function keepOrder(rows, before, busy) {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const kept = before.flatMap(({ key }) => byKey.get(key) ?? []);
  const known = new Set(kept);
  const fresh = rows.filter((row) => !known.has(row)).sort(byUrgency);
  return busy ? [...kept, ...fresh] : [...fresh, ...kept];
}
