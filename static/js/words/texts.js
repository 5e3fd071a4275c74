/**
 * The texts of the page in its language. English is in the code; the catalogue of another language
 * is embedded in the page by helpers/web/languages.py. `make texts` finds the calls of `t` and `n`:
 * their texts are literals.
 */

/**
 * @typedef {{language: string, plurals: string[], texts: Record<string, string|string[]>}} Texts
 */
/** @typedef {Record<string, string|number>} Values */

/** @type {Texts} */
const english = { language: "en", plurals: ["one", "other"], texts: {} };
let texts = english;
let rules = new Intl.PluralRules(texts.language);
let numbers = new Intl.NumberFormat(texts.language);

/** Uses a catalogue; without one it is English again. @param {Texts} [given] */
export function useTexts(given = english) {
  texts = given;
  rules = new Intl.PluralRules(texts.language);
  numbers = new Intl.NumberFormat(locale() ?? texts.language);
}

/**
 * For Intl: the page's language as the reader's browser has it ("en-GB" of "en").
 * @returns {string|undefined} undefined outside a page: the system's own
 */
export function locale() {
  const page = globalThis.document?.documentElement?.lang;
  return page ? (navigator.languages.find((one) => one.split("-")[0] === page) ?? page) : undefined;
}

/** @param {string} text @param {Values} values */
const fill = (text, values) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));

/**
 * The text in the page's language, with each `{name}` of `values` in its place.
 * @param {string} text in English
 * @param {Values} [values]
 */
export function t(text, values = {}) {
  const found = texts.texts[text];
  return fill(typeof found === "string" ? found : text, values);
}

/**
 * The same where a number decides on the form. `{count}` is the number as the language writes it.
 * @param {string} one of 1, in English
 * @param {string} other of any other number
 * @param {number} count
 * @param {Values} [values]
 */
export function n(one, other, count, values = {}) {
  const category = rules.select(count);
  const forms = texts.texts[one];
  const form = Array.isArray(forms)
    ? (forms[texts.plurals.indexOf(category)] ?? forms[forms.length - 1])
    : category === "one"
      ? one
      : other;
  return fill(form, { count: numbers.format(count), ...values });
}

/**
 * A text with nodes in the place of one `{name}`, which `t` left as it stands.
 * @template Node
 * @param {string} text
 * @param {string} name
 * @param {Node[]} nodes
 * @returns {(string|Node)[]}
 */
export function interpolate(text, name, nodes) {
  const [before, after = ""] = text.split(`{${name}}`);
  return [before, ...nodes, after].filter((part) => part !== "");
}

const embedded = globalThis.document?.getElementById?.("texts")?.textContent;
if (embedded) useTexts(JSON.parse(embedded));
