/** The sidebar: own rooms with what is unread there, a filter, and the keys that move between rooms. */
import { cloneElement } from "../template.js";

const REFRESH = 60_000; // the socket tells of this room only; the others are asked for now and then

export class ChatRooms extends HTMLElement {
  /** @type {import("../drawers.js").Drawers} */ drawers;
  /** @type {string} */ current;
  /** @type {HTMLElement} */ list;
  /** @type {HTMLInputElement} */ filter;

  /** @param {import("../room.js").Page} page */
  start({ store, drawers }) {
    this.drawers = drawers;
    this.current = store.state.room.name;
    this.list = /** @type {HTMLElement} */ (this.querySelector("#room-list"));
    this.filter = /** @type {HTMLInputElement} */ (this.querySelector("#room-filter"));
    this.filter.value = "";
    this.filter.addEventListener("input", () => this.#sift());
    this.filter.addEventListener("keydown", (event) => this.#filterKey(event));
    addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.#refresh(), REFRESH);
    document.addEventListener("visibilitychange", () => this.#refresh());
    // Back from another page: its room has been read meanwhile.
    addEventListener("pageshow", (event) => event.persisted && this.#refresh());
  }

  /** @returns {HTMLAnchorElement[]} */
  #links() {
    return [...this.list.querySelectorAll("a")].filter((link) => !(/** @type {HTMLElement} */ (link.parentElement).hidden));
  }

  #sift() {
    const wanted = this.filter.value.trim().toLowerCase();
    for (const item of this.list.children) {
      /** @type {HTMLElement} */ (item).hidden = !item.querySelector("a")?.dataset.room?.toLowerCase().includes(wanted);
    }
    /** @type {HTMLElement} */ (this.querySelector(".no-rooms")).hidden = this.#links().length > 0;
    // The list holds one's own rooms, and of very many not all: the page of all rooms looks for the same.
    /** @type {HTMLAnchorElement} */ (this.querySelector(".all-rooms")).href = wanted ? `/rooms?q=${encodeURIComponent(wanted)}` : "/rooms";
  }

  /** @param {KeyboardEvent} event */
  #filterKey(event) {
    if (event.key === "Enter" && !event.isComposing) (this.#links()[0] ?? /** @type {HTMLElement} */ (this.querySelector(".all-rooms"))).click();
    if (event.key === "ArrowDown") this.#links()[0]?.focus();
    if (event.key === "Escape" && this.filter.value) {
      event.stopPropagation();
      this.filter.value = "";
      this.#sift();
    }
  }

  /** Ctrl+K finds a room; Alt with an arrow goes to the one above or below, with Shift to an unread one. @param {KeyboardEvent} event */
  #key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      this.drawers.open("sidebar");
      this.filter.select();
      return;
    }
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const step = event.key === "ArrowUp" ? -1 : 1;
    const links = this.#links();
    const wanted = links.filter((link) => link.dataset.room === this.current || !event.shiftKey || link.classList.contains("has-unread"));
    const here = wanted.findIndex((link) => link.dataset.room === this.current);
    if (wanted.length > 1) wanted[(here + step + wanted.length) % wanted.length].click();
  }

  async #refresh() {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch("/rooms?only=own", { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { rooms } = await answer.json();
      this.#show(rooms);
    } catch {
      // as it was, until the next time
    }
  }

  /** Changes the counts where the lines stand: a list that reorders itself under the pointer is worse. @param {any[]} rooms */
  #show(rooms) {
    const lines = new Map(this.#allLines());
    for (const room of rooms) {
      const item = lines.get(room.name) ?? this.#add(room);
      lines.delete(room.name);
      const unread = room.name === this.current ? 0 : room.unread;
      item.querySelector("a")?.classList.toggle("has-unread", unread > 0);
      /** @type {HTMLElement} */ (item.querySelector(".count")).hidden = !unread;
      /** @type {HTMLElement} */ (item.querySelector(".count-number")).textContent = unread < 1000 ? String(unread) : "999+";
    }
    for (const [name, item] of lines) if (name !== this.current) item.remove();
    this.#sift();
  }

  /** @returns {[string, HTMLElement][]} */
  #allLines() {
    return [...this.list.children].map((item) => [item.querySelector("a")?.dataset.room ?? "", /** @type {HTMLElement} */ (item)]);
  }

  /** @param {any} room @returns {HTMLElement} */
  #add(room) {
    const item = cloneElement("room");
    const link = /** @type {HTMLAnchorElement} */ (item.querySelector("a"));
    link.href = `/rooms/${encodeURIComponent(room.name)}`;
    link.dataset.room = room.name;
    /** @type {HTMLElement} */ (item.querySelector(".room-link-name")).textContent = room.name;
    /** @type {HTMLElement} */ (item.querySelector(".kind-open")).hidden = room.kind === "closed";
    /** @type {HTMLElement} */ (item.querySelector(".kind-closed")).hidden = room.kind !== "closed";
    this.list.append(item);
    return item;
  }
}
