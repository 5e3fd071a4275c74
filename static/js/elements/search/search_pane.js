/**
 * Ctrl+Shift+F: the search of the room in a pane beside its text. It answers while one types, and stays when
 * a result is shown; it stays, too, when one goes to another room.
 */
import { isWhole } from "../../composing/search_words.js";
import { closeDrawerOnBack } from "../../dom/way_back.js";
import { cloneElement, part } from "../../dom/template.js";
import { get } from "../../server/http.js";
import { shortTime } from "../../words/dates.js";
import { isolated, shownName, shownTitle } from "../../words/names.js";
import { n, t } from "../../words/texts.js";
import { WordChips } from "./word_chips.js";

const PAUSE = 150; // ms of not typing before the server is asked
const LEAST = 2; // letters: a single one is in every message
const NARROW = matchMedia("(max-width: 47.99rem)"); // as in css/room.css

/** @typedef {import("../../room.js").Page} Page */
/** @typedef {import("../../server/lookups.js").FoundMessage} FoundMessage */

export class SearchPane {
  /** @type {FoundMessage[]} */ #results = [];
  /** @type {string|null} */ #cursor = null;
  #active = -1;
  #asked = "";
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #pause;
  #asking = new AbortController();
  #unwatch = () => {};
  /** @type {Element|null} */ #opener = null;

  /** @param {Page} page @param {AbortSignal} signal its end */
  constructor(page, signal) {
    this.page = page;
    this.signal = signal;
    this.app = /** @type {HTMLElement} */ (document.getElementById("app"));
    this.node = cloneElement("search-pane");
    this.box = /** @type {HTMLInputElement} */ (part(this.node, "box"));
    this.here = /** @type {HTMLInputElement} */ (part(this.node, "here"));
    this.list = part(this.node, "list");
    this.app.querySelector("#scrim")?.before(this.node);
    this.chips = new WordChips(this.box, part(this.node, "words"), () => this.#typed(), signal);
    this.box.addEventListener("input", () => this.#typed(), { signal });
    this.here.addEventListener("change", () => this.#typed(), { signal });
    this.node.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.list.addEventListener("mousedown", (event) => event.preventDefault(), { signal });
    this.list.addEventListener("click", (event) => this.#click(event), { signal });
    part(this.node, "more").addEventListener("click", () => this.#ask(true), { signal });
    part(this.node, "close").addEventListener("click", () => this.close(), { signal });
    // The members' button shows them again, where this pane stands in their place.
    this.app.addEventListener(
      "click",
      (event) => {
        if (!this.isOpen || !(/** @type {Element} */ (event.target).closest("[data-drawer=members]"))) return;
        const wereShown = this.app.dataset.members === "shown";
        this.close();
        if (wereShown && matchMedia("(min-width: 68rem)").matches) event.stopPropagation();
      },
      { signal, capture: true },
    );
    signal.addEventListener("abort", () => {
      this.#stop();
      this.node.remove();
    });
  }

  get isOpen() {
    return "search" in this.app.dataset;
  }

  /** Another room is shown. @param {Page} page */
  follow(page) {
    this.page = page;
    this.#label();
  }

  /** @param {Element|null} [opener] has the focus again in the end */
  open(opener = document.activeElement) {
    if (!this.isOpen) this.#opener = opener;
    this.app.dataset.search = "";
    this.node.hidden = false;
    this.#label();
    if (NARROW.matches) this.#unwatch = closeDrawerOnBack(() => this.close(), this.signal);
    this.box.focus();
    this.box.select();
  }

  close() {
    delete this.app.dataset.search;
    this.node.hidden = true;
    this.#unwatch();
    this.#stop();
    const opener = /** @type {HTMLElement|null} */ (this.#opener);
    if (opener?.isConnected) opener.focus();
    else this.page.composer.focus();
  }

  #stop() {
    clearTimeout(this.#pause);
    this.#asking.abort();
  }

  #label() {
    const { room } = this.page.store.state;
    part(this.node, "here-label").textContent = t("Only in {room}", { room: isolated(shownTitle(room)) });
  }

  #typed() {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#ask(false), PAUSE);
  }

  /** The room that is shown, by its name. */
  get #room() {
    const { address, room } = this.page.store.state;
    return address || room.name;
  }

  /** What is asked for. */
  get #question() {
    const typed = this.box.value.trim();
    if (typed.length < LEAST || !isWhole(this.box.value)) return "";
    return this.here.checked && !/(^|\s)in:/i.test(typed) ? `${typed} in:${this.#room}` : typed;
  }

  /** @param {boolean} isMore older ones */
  async #ask(isMore) {
    const question = isMore ? this.#asked : this.#question;
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    if (!question) {
      this.#asked = "";
      this.#show([], null, "");
      return;
    }
    const query = new URLSearchParams({ q: question });
    if (isMore && this.#cursor) query.set("before", this.#cursor);
    try {
      const answer = await get(`/search?${query}`, signal);
      const { results, cursor, error } = await answer.json();
      if (signal.aborted) return;
      this.#asked = question;
      if (error) this.#show([], null, error.text);
      else this.#show(isMore ? [...this.#results, ...results] : results, cursor, "", isMore);
    } catch {
      if (!signal.aborted) this.#say(t("The search can’t be reached."));
    }
  }

  /**
   * @param {FoundMessage[]} results @param {string|null} cursor @param {string} problem
   * @param {boolean} [isMore]
   */
  #show(results, cursor, problem, isMore = false) {
    this.#results = results;
    this.#cursor = cursor;
    this.list.replaceChildren(...results.map((one, place) => this.#option(one, place)));
    this.list.hidden = !results.length;
    this.box.setAttribute("aria-expanded", String(results.length > 0));
    part(this.node, "more").hidden = !cursor;
    this.#activate(isMore ? this.#active : -1);
    const found = n("{count} message", "{count} messages", results.length);
    const nothing = cursor
      ? t("Nothing so far: many messages were looked through.")
      : t("Nothing was found.");
    this.#say(problem || (this.#asked && !results.length ? nothing : results.length ? found : ""));
  }

  /** @param {FoundMessage} found @param {number} place */
  #option({ room, title, message, marked, folded }, place) {
    const node = cloneElement("search-result");
    node.id = `search-result-${place}`;
    const where = room === this.#room ? [] : [title];
    const details = [shownName(message.author), ...where, shortTime(message.at)];
    part(node, "detail").textContent = details.map(isolated).join(" · ");
    const text = part(node, "marked");
    if (folded) text.textContent = t("A message of somebody you don’t want to read");
    // The server's: text alone, with marks.
    else text.innerHTML = marked;
    text.classList.toggle("folded", Boolean(folded));
    return node;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
    if (event.isComposing || event.target !== this.box) return;
    const count = this.#results.length;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      const step = event.key === "ArrowDown" ? 1 : count - 1;
      this.#activate(this.#active < 0 ? (step === 1 ? 0 : count - 1) : (this.#active + step) % count);
    } else if (event.key === "Enter") {
      if (this.#active >= 0) this.#take(this.#active);
      else if (count && this.#question === this.#asked) this.#take(0);
      else void this.#ask(false);
    } else return;
    event.preventDefault();
  }

  /** @param {number} place */
  #activate(place) {
    this.#active = place;
    [...this.list.children].forEach((option, index) =>
      option.setAttribute("aria-selected", String(index === place)),
    );
    const option = this.list.children[place];
    if (option) {
      this.box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else this.box.removeAttribute("aria-activedescendant");
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const option = /** @type {Element} */ (event.target).closest("[role=option]");
    if (option) this.#take([...this.list.children].indexOf(option));
  }

  /** Shows a message where it stands. @param {number} place */
  #take(place) {
    const { room, message } = this.#results[place];
    this.#activate(place);
    // On a phone the pane is over the text.
    if (NARROW.matches) this.close();
    this.page.go(`/rooms/${encodeURIComponent(room)}/${message.number}`);
  }

  /** @param {string} text */
  #say(text) {
    part(this.node, "note").textContent = text;
  }
}
