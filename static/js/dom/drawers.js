/**
 * The panes beside the timeline: side by side where there is room, drawers elsewhere. css/room.css
 * decides by data-open and data-members on #app which of them is a drawer and whether the members'
 * pane shows.
 */
import { closeDrawerOnBack } from "./way_back.js";
import { storage } from "../local/storage.js";

const MEMBERS_KEY = "aiochat:members";
/** The same widths as in css/room.css. */
const NARROW = { sidebar: matchMedia("(max-width: 47.99rem)"), members: matchMedia("(max-width: 67.99rem)") };

/** px: no keyboard on a screen is lower. */
const KEYBOARD = 120;

/** @typedef {"sidebar"|"members"} Pane */

export class Drawers {
  /** @type {HTMLElement|null} */ #returnTo = null;
  /** While one is open over the page. */ #unwatch = () => {};

  /** @param {HTMLElement} app @param {AbortSignal} signal its end */
  constructor(app, signal) {
    this.app = app;
    this.signal = signal;
    this.scrim = /** @type {HTMLElement} */ (app.querySelector("#scrim"));
    app.dataset.members = storage.get(MEMBERS_KEY) === "hidden" ? "hidden" : "shown";
    app.addEventListener(
      "click",
      (event) => {
        const target = /** @type {HTMLElement} */ (event.target);
        const opener = /** @type {HTMLElement|null} */ (target.closest("[data-drawer]"));
        if (opener) this.#press(/** @type {Pane} */ (opener.dataset.drawer), opener);
        else if (target.closest("[data-drawer-close]")) this.#shut(target);
        else if (target === this.scrim) this.close();
      },
      { signal },
    );
    addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape" || !app.dataset.open) return;
        event.preventDefault();
        this.close();
      },
      { signal },
    );
    window.visualViewport?.addEventListener("resize", () => this.#fit(), { signal });
    for (const media of Object.values(NARROW))
      media.addEventListener("change", () => this.close(), { signal });
    this.#show();
  }

  /** Opens a pane if it is a drawer now. @param {Pane} pane */
  open(pane) {
    if (!NARROW[pane].matches) return;
    this.app.dataset.open = pane;
    this.#show();
    this.#watch();
    /** @type {HTMLElement|null} */ (this.app.querySelector(`#${pane} [data-drawer-close]`))?.focus();
  }

  #watch() {
    this.#unwatch();
    this.#unwatch = this.app.dataset.open
      ? closeDrawerOnBack(() => this.close(), this.signal)
      : () => {};
  }

  close() {
    delete this.app.dataset.open;
    this.#watch();
    this.#show();
    this.#returnTo?.focus();
    this.#returnTo = null;
  }

  /** Other panes are in place: none of them is open over the page. */
  refresh() {
    this.#returnTo = null;
    delete this.app.dataset.open;
    this.#watch();
    this.#show();
  }

  /** @param {Pane} pane @param {HTMLElement} opener */
  #press(pane, opener) {
    if (NARROW[pane].matches) {
      this.#returnTo = opener;
      this.open(pane);
      return;
    }
    this.#members(this.app.dataset.members === "hidden" ? "shown" : "hidden");
  }

  /** @param {HTMLElement} target */
  #shut(target) {
    if (this.app.dataset.open) this.close();
    else if (target.closest("#members")) this.#members("hidden");
  }

  /** @param {"shown"|"hidden"} state */
  #members(state) {
    this.app.dataset.members = state;
    storage.set(MEMBERS_KEY, state);
    this.#show();
  }

  /**
   * Above the keyboard, where the browser lays that over the page (Safari on a phone); others make
   * the page smaller themselves.
   */
  #fit() {
    const { height, scale } = /** @type {VisualViewport} */ (window.visualViewport);
    const covered = scale === 1 && innerHeight - height > KEYBOARD;
    if (covered) this.app.style.setProperty("--height", `${height}px`);
    else this.app.style.removeProperty("--height");
    if (covered) scrollTo(0, 0);
  }

  #show() {
    const { open, members } = this.app.dataset;
    this.scrim.hidden = !open;
    const seen = {
      sidebar: !NARROW.sidebar.matches || open === "sidebar",
      members: NARROW.members.matches ? open === "members" : members === "shown",
    };
    for (const [pane, visible] of Object.entries(seen)) {
      // The keyboard can't reach what isn't visible.
      const node = /** @type {HTMLElement|null} */ (this.app.querySelector(`#${pane}`));
      if (node) node.inert = !visible;
      this.app.querySelector(`[data-drawer="${pane}"]`)?.setAttribute("aria-expanded", String(visible));
    }
    /** @type {HTMLElement} */ (this.app.querySelector(".pane")).inert = Boolean(open);
  }
}
