/**
 * Notices the way back from a long break, in which people may have said of themselves what nobody
 * tells again. A break is measured by the server's silence: a page that slept with its computer, or
 * that one left and comes back to, sees its connection end only as it wakes.
 */

/**
 * ms. On a living connection something comes every fifty seconds (connection.js); of a break as
 * short as that nothing is missed that matters.
 */
const LONG = 60_000;
/** ms over which those who come back together spread their questions. */
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

  /** After each event of the server. @param {{type: string}} event */
  received({ type }) {
    const silence = this.now() - this.receivedAt;
    this.receivedAt = this.now();
    if (type !== "hello" || silence <= LONG) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.onReturn, SPREAD * Math.random());
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
