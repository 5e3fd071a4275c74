/** The words of the search that have a meaning, as they are proposed while one types. Pure. */

export const WORDS = ["from:", "in:", "has:", "is:", "before:", "after:", "on:"];

const VALUES = /** @type {Record<string, string[]>} */ ({
  "has:": ["link", "file", "picture"],
  "is:": ["pinned", "thread"],
});
const SAME = /** @type {Record<string, string>} */ ({ reply: "thread" });
const DAYS = ["before:", "after:", "on:"];
const MOST = 6;

/**
 * @typedef {{label: string, kind: "word"|"value"|"person"|"room"|"day", text: string}} Proposal `text` is
 *   what is typed then
 */

/** The word at the end of what is typed. @param {string} typed */
const lastWord = (typed) => /\S*$/.exec(typed)?.[0] ?? "";

/**
 * The word with a meaning that is being typed at the end, and what there is of its value.
 * @param {string} typed
 * @returns {{word: string, value: string}|null}
 */
export function openWord(typed) {
  const last = lastWord(typed);
  const word = WORDS.find((one) => last.toLowerCase().startsWith(one));
  return word ? { word, value: last.slice(word.length).replace(/^[@#]/, "") } : null;
}

/**
 * Whether what is typed can be asked for: a word that is still being typed can't, though what follows others
 * can be a part of a name.
 * @param {string} typed
 */
export function isWhole(typed) {
  const open = openWord(typed);
  if (!open) return true;
  const { word, value } = open;
  if (DAYS.includes(word)) return /^(\d{4}-\d\d?-\d\d?|today|yesterday|сегодня|вчера)$/i.test(value);
  const small = value.toLowerCase();
  return word in VALUES ? VALUES[word].includes(SAME[small] ?? small) : value !== "";
}

/** @param {string} day like 2026-11-30 @param {number} days */
function daysBefore(day, days) {
  const found = new Date(`${day}T12:00:00Z`);
  found.setUTCDate(found.getUTCDate() - days);
  return found.toISOString().slice(0, 10);
}

/**
 * What may come next: a value of the word that is being typed, else words that aren't there yet.
 * @param {string} typed
 * @param {object} known
 * @param {{name: string, shown: string}[]} known.people found for the value
 * @param {{name: string, shown: string}[]} known.rooms
 * @param {string} known.today like 2026-11-30
 * @returns {Proposal[]}
 */
export function proposals(typed, { people, rooms, today }) {
  const open = openWord(typed);
  if (!open) {
    const last = lastWord(typed).toLowerCase();
    const used = typed.toLowerCase().split(/\s+/);
    const before = typed && !/\s$/.test(typed) ? `${typed} ` : typed;
    return WORDS.filter((word) => !used.some((one) => one.startsWith(word))).map((word) => ({
      kind: "word",
      label: word,
      // A word that is begun is completed.
      text: last.length > 1 && word.startsWith(last) ? typed.slice(0, -last.length) + word : before + word,
    }));
  }
  const { word, value } = open;
  const start = typed.slice(0, typed.length - lastWord(typed).length) + word;
  /** @param {Proposal["kind"]} kind @param {{name: string, shown: string}[]} found @returns {Proposal[]} */
  const those = (kind, found) =>
    found
      .filter(({ name }) => name !== value)
      .slice(0, MOST)
      .map(({ name, shown }) => ({ kind, label: shown, text: `${start}${name} ` }));
  if (word === "from:") return those("person", people);
  if (word === "in:") return those("room", rooms);
  const values = DAYS.includes(word)
    ? [today, daysBefore(today, 1), daysBefore(today, 7), daysBefore(today, 30)]
    : VALUES[word];
  return values
    .filter((one) => one.startsWith(value.toLowerCase()) && one !== value)
    .map((one) => ({
      kind: DAYS.includes(word) ? "day" : "value",
      label: `${word}${one}`,
      text: `${start}${one} `,
    }));
}
