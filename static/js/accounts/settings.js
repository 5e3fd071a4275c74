/**
 * From section to section of the settings without loading the page: the section is fetched and takes
 * the place of the one before, with address, title, Back and Forward. Without scripts each is a page.
 */
import { withoutBase } from "../local/address.js";
import { getPart } from "../server/http.js";
import { showTimes } from "../words/dates.js";
import { showDevice } from "./devices.js";
import { watchStrength } from "./strength.js";

const PLACE = /^\/settings(?:\/[a-z]+)?$/;

const part = (/** @type {ParentNode} */ page, /** @type {string} */ selector) =>
  /** @type {HTMLElement} */ (page.querySelector(selector));

/** What must be the same for a page to be a part of this one. @param {Document} page */
const versionOf = (page) =>
  [
    page.documentElement.lang,
    page.querySelector("script[type=module]")?.getAttribute("src"),
    page.querySelector("meta[name=csrf-token]")?.getAttribute("content"),
  ].join(" ");

/** @param {HTMLElement} section */
const nameOf = (section) => section.dataset.section ?? "";

/** What of a form isn't typed, takes effect at once, or isn't to stay in memory. */
const UNKEPT = new Set(["radio", "checkbox", "hidden", "password"]);

/** Whether something is typed that isn't sent. @param {HTMLElement} section */
const isChanged = (section) =>
  [...section.querySelectorAll("input, textarea, select")].some((field) => {
    if (field instanceof HTMLSelectElement)
      return [...field.options].some((one) => one.selected !== one.defaultSelected && one.value);
    const { type, defaultValue, value } = /** @type {HTMLInputElement} */ (field);
    return !UNKEPT.has(type) && value !== defaultValue;
  });

class Sections {
  /** Those in which something is typed, by name. @type {Map<string, HTMLElement>} */
  #kept = new Map();
  #fetching = new AbortController();
  #here = location.pathname;

  /** @param {HTMLElement} frame */
  constructor(frame) {
    this.frame = frame;
    frame.addEventListener("click", (event) => this.#follow(event));
    addEventListener("popstate", () => {
      if (location.pathname !== this.#here) void this.#to(location.href, false);
    });
  }

  /** @param {MouseEvent} event */
  #follow(event) {
    const { button, ctrlKey, metaKey, shiftKey, altKey, target } = event;
    if (event.defaultPrevented || button || ctrlKey || metaKey || shiftKey || altKey) return;
    const link = /** @type {HTMLAnchorElement|null} */ (
      /** @type {Element} */ (target).closest(".own-nav a, .own-back")
    );
    if (!link || !PLACE.test(withoutBase(link.pathname))) return;
    event.preventDefault();
    void this.#to(link.href, true);
  }

  /** @param {string} address @param {boolean} isNew whether it is put into the browser's history */
  async #to(address, isNew) {
    this.#fetching.abort();
    this.#fetching = new AbortController();
    const { signal } = this.#fetching;
    try {
      const answer = await getPart(address, { signal });
      const path = new URL(answer.url).pathname;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fits = answer.ok && PLACE.test(withoutBase(path)) && versionOf(page) === versionOf(document);
      if (!fits) throw new Error(`${answer.status}`);
      if (signal.aborted) return;
      if (isNew) history.pushState(null, "", path);
      this.#show(page, path);
    } catch {
      if (signal.aborted) return;
      if (isNew) location.assign(address);
      else location.reload();
    }
  }

  /** @param {Document} page @param {string} path */
  #show(page, path) {
    const { frame } = this;
    const before = part(frame, ".own-page");
    this.#here = path;
    const fetched = document.adoptNode(part(page, ".own-page"));
    showTimes(fetched);
    if (isChanged(before)) this.#kept.set(nameOf(before), before);
    const section = this.#kept.get(nameOf(fetched)) ?? fetched;
    this.#kept.delete(nameOf(section));
    if (section !== before) before.replaceWith(section);
    if (section === fetched) {
      watchStrength(fetched);
      showDevice(fetched);
    }
    const isIndex = part(page, ".of-own").classList.contains("is-index");
    frame.classList.toggle("is-index", isIndex);
    // Where the list stands alone, its heading is that of the page.
    part(frame, ".own-nav h2").ariaLevel = isIndex ? "1" : null;
    for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (frame.querySelectorAll(".own-nav a")))
      if (withoutBase(link.pathname) === `/settings/${nameOf(section)}`)
        link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    document.querySelector(".flashes")?.remove();
    const badge = /^\(\d+\) /.exec(document.title)?.[0] ?? "";
    document.title = badge + page.title;
    // The other languages lead back here.
    for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (
      document.querySelectorAll("a[hreflang]")
    )) {
      const url = new URL(link.href);
      url.searchParams.set("next", path);
      link.setAttribute("href", `${url.pathname}${url.search}`);
    }
    this.#arrive(section, isIndex, page.title);
  }

  /**
   * The list keeps the focus where it is seen, so that one goes on in it; where it isn't, the section has it.
   * @param {HTMLElement} section @param {boolean} isIndex @param {string} title
   */
  #arrive(section, isIndex, title) {
    const nav = part(this.frame, ".own-nav");
    const isBeside = nav.offsetParent !== null && section.offsetParent !== null;
    if (isBeside) part(this.frame, "#section-told").textContent = title;
    else if (isIndex) part(nav, "a[aria-current]").focus();
    else part(section, "h1").focus();
    scrollTo(0, 0);
  }
}

const frame = /** @type {HTMLElement|null} */ (document.querySelector(".of-own"));
if (frame) {
  new Sections(frame);
  showDevice(frame);
}
