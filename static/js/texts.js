/** The page's own words, in the reader's language: English stands in the code, other languages in a catalogue. */

/** @type {Record<string, string>} */
const CATALOGUE = {};

/** @param {string} text @param {Record<string, string|number>} values */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/** @param {string} text in English, with {names} of values @param {Record<string, string|number>} [values] */
export const t = (text, values = {}) => fill(CATALOGUE[text] ?? text, values);

/**
 * One or several of something: `{count}` is filled with the count.
 * @param {string} one @param {string} other @param {number} count @param {Record<string, string|number>} [values]
 */
export const n = (one, other, count, values = {}) => fill(count === 1 ? one : other, { count, ...values });
