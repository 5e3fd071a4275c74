/** The order of the switcher's proposals: by match, then unread, then used last. Pure. */
import { isConversation } from "../state/unread.js";
import { fold, withoutApostrophes } from "../words/folding.js";

/**
 * @typedef {object} Candidate
 * @property {"open"|"closed"|"direct"|"group"|"person"} kind
 * @property {string} name of the room, or of the person
 * @property {string} title
 * @property {string} [handle] by which a person is found too
 * @property {number} [badge] mentions, or unread posts of a conversation
 * @property {number} [unread]
 * @property {number} [visited] 0 for the room where one was last, 1 for the one before, and so on
 * @property {boolean} [current] where one is already
 * @property {string} [found] for what the server found it: by a title or address of before
 * @property {boolean} [isNew] a room that one isn't in
 */

/** After all that were visited. */
const NEVER = Number.MAX_SAFE_INTEGER;
const WORD = /[^\p{L}\p{N}]+/u;

/**
 * How well the words typed match a title: 0 the same, 1 its beginning, 2 the beginnings of words, 3
 * within, 4 its letters in order.
 * @param {string} typed folded
 * @param {string} title
 * @returns {number} Infinity where they don't
 */
export function tierOf(typed, title) {
  const text = fold(title);
  if (text === typed) return 0;
  if (text.startsWith(typed)) return 1;
  const words = [text, withoutApostrophes(text)].flatMap((one) => one.split(WORD));
  if (words.some((word) => word.startsWith(typed))) return 2;
  const parts = typed.split(WORD).filter(Boolean);
  if (parts.length > 1 && parts.every((one) => words.some((word) => word.startsWith(one)))) return 2;
  // A single letter is somewhere in nearly everything.
  if (typed.length < 2) return Infinity;
  if (text.includes(typed)) return 3;
  let from = 0;
  for (const letter of typed) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return Infinity;
  }
  return typed.length > 2 ? 4 : Infinity;
}

/** What somebody may type of it. @param {Candidate} one */
const namesOf = (one) => [
  one.title,
  one.kind === "open" || one.kind === "closed" ? one.name : (one.handle ?? ""),
];

/** "#" asks for rooms only, "@" for people and conversations. @param {string} query */
function parseQuery(query) {
  const typed = fold(query.trim());
  const sign = typed[0] === "#" || typed[0] === "@" ? typed[0] : "";
  const isPersonal = (/** @type {Candidate} */ one) => one.kind === "person" || isConversation(one);
  return {
    typed: typed.slice(sign.length).trim(),
    fits: (/** @type {Candidate} */ one) => !sign || isPersonal(one) === (sign === "@"),
  };
}

/**
 * @param {string} query
 * @param {Candidate[]} candidates
 * @param {number} [most]
 * @returns {Candidate[]} the best first; without a query, where there is something unread, and then
 *   the latest used
 */
export function rank(query, candidates, most = 12) {
  const { typed, fits } = parseQuery(query);
  const found = candidates.flatMap((one) => {
    const found = one.found && fold(one.found) === typed ? 3 : Infinity;
    const tier = typed ? Math.min(found, ...namesOf(one).map((name) => tierOf(typed, name))) : 0;
    return tier < Infinity && fits(one) ? [{ one, tier }] : [];
  });
  found.sort(
    (a, b) =>
      a.tier - b.tier ||
      Number(Boolean(a.one.current)) - Number(Boolean(b.one.current)) ||
      Number(Boolean(a.one.isNew)) - Number(Boolean(b.one.isNew)) ||
      Number(Boolean(b.one.badge)) - Number(Boolean(a.one.badge)) ||
      Number(Boolean(b.one.unread)) - Number(Boolean(a.one.unread)) ||
      (a.one.visited ?? NEVER) - (b.one.visited ?? NEVER) ||
      Number(a.one.kind === "person") - Number(b.one.kind === "person") ||
      a.one.title.localeCompare(b.one.title),
  );
  return found.slice(0, most).map(({ one }) => one);
}
