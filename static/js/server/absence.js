/**
 * Detects the end of a long absence, in which statuses changed that nobody tells again. It is
 * measured by the server's silence: a page that slept sees its connection end only when it wakes.
 */

/**
 * ms. A live connection receives something every fifty seconds (connection.js); a shorter absence
 * misses nothing that matters.
 */
const LONG = 60_000;
/** ms over which pages that return together spread their requests. */
const SPREAD = 5_000;

export class Absence {
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;

  /**
   * @param {() => void} onReturn
   * @param {() => number} [now] ms; a clock that goes on while the computer sleeps
   */
  constructor(onReturn, now = Date.now) {
    this.onReturn = onReturn;
    this.now = now;
    this.receivedAt = now();
  }

  /** The connection, over which the room is entered, lives. */
  heard() {
    this.receivedAt = this.now();
  }

  /** After each event of the room. @param {{type: string, stale?: boolean}} event */
  received({ type, stale = false }) {
    const silence = this.now() - this.receivedAt;
    this.heard();
    if (!stale && (type !== "hello" || silence <= LONG)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.onReturn, SPREAD * Math.random());
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
