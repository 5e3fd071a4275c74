/**
 * What is asked about before it is sent: whom a text calls by `@all` and `@here`, `/clear`, `/leave`
 * of who owns the room, and `/kind open` of a closed one. Pure.
 */

/** Members of a room in which everybody may call all of them. */
export const SMALL_ROOM = 20;

/** Where nobody is named: code, and quotes. */
const ELSEWHERE = /(`{3,}|~{3,})[^]*?(?:\1|(?![^]))|(`+)[^]+?\2(?!`)|^[ \t]*>.*$/gm;
const GROUP = /(?<![\p{L}\p{N}_@#/.+%&=\\-])@(all|here)(?![\p{L}\p{N}@]|[._-]+[\p{L}\p{N}])/giu;

/**
 * How many people a text calls by `@all` and `@here`.
 * @param {string} text
 * @param {Pick<import("../state/store.js").State, "members"|"you">} state
 */
export function countCalled(text, { members, you }) {
  const groups = [...text.replace(ELSEWHERE, "").matchAll(GROUP)].map(([, name]) => name.toLowerCase());
  if (!groups.length) return 0;
  const others = [...members.values()].filter(({ name }) => name !== you.name);
  return groups.includes("all") ? others.length : others.filter(({ present }) => present).length;
}

/** @param {string} text */
export const clears = (text) => /^\/clear(\s|$)/i.test(text);

/** @param {string} text */
export const leaves = (text) => /^\/leave\s*$/i.test(text);

/** @param {string} text */
export const opens = (text) => /^\/kind\s+open\s*$/i.test(text);

/**
 * Whether there may be something to ask.
 * @param {string} text
 * @param {Pick<import("../state/store.js").State, "members">} state
 */
export const mayNeedYes = (text, { members }) =>
  clears(text) || leaves(text) || opens(text) || (members.size > SMALL_ROOM && /@(all|here)/i.test(text));
