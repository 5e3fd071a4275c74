/** Durations as people type them. Pure. */

/** @type {Record<string, number>} */
const UNITS = { w: 604800, d: 86400, h: 3600, m: 60, s: 1 };

/** The seconds of `1h30m`. @param {string} text */
export function secondsOf(text) {
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)([wdhms])/g)) seconds += Number(count) * UNITS[unit];
  return seconds;
}
