/**
 * Notices the way back from a long break, in which people may have said of themselves what nobody tells again. A break is measured
 * by the server's silence: a page that slept with its computer, or that one left and comes back to, sees its connection end only as it wakes.
 */

/** ms. On a living connection something comes every fifty seconds (connection.js); of a break as short as that nothing is missed that matters. */
const LONG = 60_000;
/** ms over which those who come back together spread their questions. */
const SPREAD = 5_000;

export class Breaks {
  /** @param {() => void} over @param {() => number} [now] ms; a clock that goes on while the computer sleeps */
  constructor(over, now = Date.now) {
    this.over = over;
    this.now = now;
    this.heardAt = now();
  }

  /** After each event of the server. @param {{type: string}} event */
  heard({ type }) {
    const silence = this.now() - this.heardAt;
    this.heardAt = this.now();
    if (type === "hello" && silence > LONG) setTimeout(this.over, SPREAD * Math.random());
  }
}
