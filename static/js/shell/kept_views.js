/**
 * The rooms that aren't shown and stay in memory. Those seen last stay entered while somebody may look
 * at the page: what comes there is here when one goes back.
 */

/** @typedef {import("./shell.js").View} View */
/** @typedef {import("../state/store.js").State} State */

/** So many rooms stay in memory. */
const KEPT = 7;
/** So many of them stay entered. */
const ENTERED = 4;
/** ms for which the page may be hidden before they are left: nobody goes back at once in it. */
const AWAY = 60_000;
/** More missed messages than this are fetched with the page, which opens at the first of them. */
const MISSED = 50;

/** @param {View} view the room's name in small letters */
export const roomOf = ({ room }) => room.store.state.room.name.toLowerCase();

/**
 * Whether one can go on reading: so much may have come that the first unread isn't held any more.
 * @param {State} state
 */
function holdsUnread({ lines, more, newer, newAfter }) {
  if (!more || newer) return true;
  const first = lines.find(({ number }) => number)?.number ?? Infinity;
  return lines.length > 0 && (newAfter === null || first <= newAfter + 1);
}

/** Whether it is better fetched. @param {State} state */
function isOld(state) {
  const told = state.rooms.get(state.room.name);
  return Boolean(
    state.ended || !told || told.last_number - state.lastNumber > MISSED || !holdsUnread(state),
  );
}

export class KeptViews {
  /** The one seen last at the end. @type {View[]} */ #views = [];
  #isAway = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;

  /**
   * @param {import("../dom/lifetime.js").Lifetime} lifetime
   * @param {Pick<Document, "addEventListener"|"visibilityState">} [page]
   */
  constructor(lifetime, page = document) {
    page.addEventListener("visibilitychange", () => this.#look(page.visibilityState === "hidden"), {
      signal: lifetime.signal,
    });
    this.#look(page.visibilityState === "hidden");
    lifetime.add(() => clearTimeout(this.#timer));
    lifetime.add(() => this.drop(() => true));
  }

  /** One that was shown. @param {View} view */
  put(view) {
    if (view.room.store.state.ended) view.room.stop();
    else this.#views.push(view);
    this.drop((one) => this.#views.indexOf(one) < this.#views.length - KEPT && !one.room.isWaiting);
    this.#settle();
  }

  /**
   * One that is up to date, or nearly, which isn't kept any more.
   * @param {string} name in small letters
   * @returns {View|null}
   */
  take(name) {
    this.drop((one) => roomOf(one) === name && isOld(one.room.store.state));
    const view = this.#views.find((one) => roomOf(one) === name);
    if (view) this.#views.splice(this.#views.indexOf(view), 1);
    return view ?? null;
  }

  /** @param {(view: View) => boolean} isOver */
  drop(isOver) {
    const over = this.#views.filter(isOver);
    this.#views = this.#views.filter((one) => !over.includes(one));
    for (const { room } of over) room.stop();
  }

  /** @param {boolean} isHidden */
  #look(isHidden) {
    clearTimeout(this.#timer);
    if (isHidden) this.#timer = setTimeout(() => this.#goAway(true), AWAY);
    else this.#goAway(false);
  }

  /** @param {boolean} isAway */
  #goAway(isAway) {
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    this.#settle();
  }

  #settle() {
    const first = this.#isAway ? this.#views.length : this.#views.length - ENTERED;
    for (const [index, { room }] of this.#views.entries()) {
      if (index < first) room.rest();
      else room.keep();
    }
  }
}
