/** How long a message may be. Pure. */

/** Characters; the server takes no more, and a frame far beyond it would end the connection. */
const MAX_LENGTH = 10_000;
/** From so many left on they are counted down. */
export const COUNTDOWN = 500;

/**
 * @param {string} text
 * @returns {number} how many characters it has too many, as the server counts them; negative: how
 *   many are left; -Infinity while they needn't be counted
 */
export function excessOf(text) {
  return text.length > MAX_LENGTH - COUNTDOWN ? [...text.trimEnd()].length - MAX_LENGTH : -Infinity;
}
