/**
 * The addresses of a room's posts, /rooms/{name}/{number}, and the browser's back and forward
 * between them.
 */

/**
 * @typedef {{number: number, offset: number}} Spot a post, and where its top was on screen in px;
 *   what a visit of the room remembers
 */

/** Whether the page's address is this one or below it. @param {string} base */
const isWithin = (base) => `${location.pathname}/`.toLowerCase().startsWith(`${base}/`.toLowerCase());

export class Permalinks {
  #moved = () => {};

  /**
   * @param {string} base /rooms/{name}
   * @param {(spot: Spot|null, number: number|null) => void} goTo called for the browser's back and
   *   forward
   * @param {AbortSignal} signal its end
   */
  constructor(base, goTo, signal) {
    this.base = base;
    let { pathname } = location;
    addEventListener(
      "popstate",
      ({ state }) => {
        // To another room it is somebody else's.
        if (!isWithin(this.base)) return;
        // A skip link doesn't change the place in the room.
        if (pathname === location.pathname && !state?.spot) return;
        ({ pathname } = location);
        goTo(state?.spot ?? null, this.numberOf(location.href));
      },
      { signal },
    );
    this.#moved = () => ({ pathname } = location);
  }

  /** @param {string} href @returns {number|null} the post of this room that it leads to */
  numberOf(href) {
    let url;
    try {
      url = new URL(href, location.href);
    } catch {
      return null;
    }
    const digits =
      url.origin === location.origin && url.pathname.startsWith(`${this.base}/`)
        ? url.pathname.slice(this.base.length + 1)
        : "";
    return /^[1-9]\d{0,15}$/.test(digits) ? Number(digits) : null;
  }

  /**
   * To a post's address, from a spot to which the way back leads.
   * @param {number} number
   * @param {Spot|null} from
   */
  visit(number, from) {
    if (this.numberOf(location.href) === number) return;
    history.replaceState({ spot: from }, "");
    history.pushState(null, "", `${this.base}/${number}`);
    this.#moved();
  }

  /** Back at the end of the room: a reload is to open there. */
  leave() {
    if (this.numberOf(location.href) === null) return;
    history.replaceState(null, "", this.base);
    this.#moved();
  }
}
