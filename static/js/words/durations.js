/** Durations as people type them. Pure. */
import { t } from "./texts.js";

/** @type {Record<string, {seconds: number, words: (count: number) => string}>} */
const UNITS = {
  w: { seconds: 604800, words: (count) => t("{count} wk", { count }) },
  d: { seconds: 86400, words: (count) => t("{count} d", { count }) },
  h: { seconds: 3600, words: (count) => t("{count} h", { count }) },
  m: { seconds: 60, words: (count) => t("{count} min", { count }) },
  s: { seconds: 1, words: (count) => t("{count} s", { count }) },
};

/** @param {string} text */
function parts(text) {
  const found = [...text.matchAll(/([0-9]+)([wdhms])/g)];
  return found.map(([, count, unit]) => ({ count: Number(count), ...UNITS[unit] }));
}

/** The seconds of `1h30m`. @param {string} text */
export const secondsOf = (text) => parts(text).reduce((sum, { count, seconds }) => sum + count * seconds, 0);

/** `1h30m` in words: `1 h 30 min`. @param {string} text */
export const durationInWords = (text) =>
  parts(text)
    .map(({ count, words }) => words(count))
    .join(" ");
