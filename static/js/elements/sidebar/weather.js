/**
 * The weather in the sidebar: at the place of the profile, or at the one last chosen in this
 * browser.
 */
import { PageElement } from "../page_element.js";
import { storage } from "../../local/storage.js";
import { part } from "../../dom/template.js";
import { get } from "../../server/http.js";
import { t } from "../../words/texts.js";

const EVERY = 10 * 60_000; // ms, as long as the server keeps a line
const AGAIN = 60_000; // where there was no answer

export class ChatWeather extends PageElement {
  /** @type {HTMLInputElement} */ input;
  /** @type {HTMLElement} */ line;
  #key = "";
  #turn = 0;
  #due = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;

  /** @param {import("../../room.js").Page} page */
  start({ store }) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    lifetime.add(() => clearTimeout(this.#timer));
    this.input = /** @type {HTMLInputElement} */ (this.querySelector("input"));
    this.line = part(this, "line");
    this.#key = `aiochat:weather:${store.state.you.name}`;
    this.input.value = this.#place;
    /** @type {HTMLFormElement} */ (this.querySelector("form")).addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        this.#choose(this.input.value.trim());
      },
      { signal },
    );
    document.addEventListener("visibilitychange", () => this.#refreshQuietly(), { signal });
    this.#refresh();
  }

  get #own() {
    return this.input.dataset.own ?? "";
  }

  /** The place that is shown; empty where there is none to show. */
  get #place() {
    return storage.get(this.#key) || this.#own;
  }

  /** An empty place means that of the profile. @param {string} place */
  #choose(place) {
    if (place && place !== this.#own) storage.set(this.#key, place);
    else storage.remove(this.#key);
    this.input.value = this.#place;
    this.line.setAttribute("aria-live", "polite");
    this.#due = 0;
    this.#refresh();
  }

  /** A screen reader announces the answer to a choice, and no later update. */
  #refreshQuietly() {
    this.line.setAttribute("aria-live", "off");
    this.#refresh();
  }

  /** Loads the weather if it is due and the page is visible. */
  #refresh() {
    if (document.hidden) return;
    clearTimeout(this.#timer);
    const wait = this.#due - Date.now();
    if (wait > 0) this.#timer = setTimeout(() => this.#refreshQuietly(), wait);
    else this.#load();
  }

  async #load() {
    const turn = ++this.#turn;
    const place = this.#place;
    if (!place) {
      this.#say("");
      return;
    }
    // No second request before this one has answered.
    this.#due = Date.now() + AGAIN;
    const { line, lasts } = await fetchWeather(place);
    if (turn !== this.#turn || this.lifetime.ended) return;
    this.#say(line);
    this.#due = Date.now() + (lasts ? EVERY : AGAIN);
    this.#refresh();
  }

  /** @param {string} text */
  #say(text) {
    if (this.line.textContent !== text) this.line.textContent = this.line.title = text;
  }
}

/**
 * @param {string} place
 * @returns {Promise<{line: string, lasts: boolean}>} what to show, and whether asking again soon is
 *   of no use
 */
async function fetchWeather(place) {
  try {
    const answer = await get(`/weather?${new URLSearchParams({ place })}`);
    const body = await answer.json();
    if (answer.ok) return { line: body.line, lasts: true };
    if (answer.status === 400) return { line: body.error.text, lasts: true };
  } catch {
    // no connection, or something else than JSON
  }
  return { line: t("No weather to be had just now."), lasts: false };
}
