/** What the tools of the toolbar do to a text of Markdown. Pure, as markup.js. */
import { ADDRESS, guarded } from "./markup.js";

/** @typedef {import("./markup.js").Selected} Selected */
/** @typedef {import("./markup.js").Edit} Edit */

/** Letters of words within which no mark acts: of scripts with spaces, as in helpers/markup/signs.py. */
const JOINED =
  /^(?![\u0e00-\u11ff\u1780-\u17ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff])[\p{L}\p{N}\p{M}]$/u;

/**
 * How many of the same sign stand at the end of `before`, at most three.
 * @param {string} before
 * @param {string} sign
 */
function runBefore(before, sign) {
  let run = 0;
  while (run < 3 && before[before.length - 1 - run] === sign) run += 1;
  return run;
}

/** @param {string} after @param {string} sign */
const runAfter = (after, sign) => runBefore([...after.slice(0, 3)].reverse().join(""), sign);

/**
 * Is a run of so many signs this mark, maybe together with another: *** is both ** and *.
 * @param {number} run
 * @param {string} mark
 */
const holds = (run, mark) => (mark === "*" ? run % 2 === 1 : run >= mark.length);

/** Is this place between two letters of a word? @param {string} text @param {number} place */
const joins = (text, place) => JOINED.test(text[place - 1] ?? "") && JOINED.test(text[place] ?? "");

/**
 * Puts a mark (`**`, `*`, `~~`, `` ` ``) around what is selected, or takes it away.
 * @param {Selected} selected
 * @param {string} mark
 * @returns {Edit}
 */
export function toggleMark({ text, start, end }, mark) {
  const sign = mark[0];
  const wide = mark.length;
  // Markdown knows no mark next to a space on its inside.
  while (start < end && /\s/.test(text[start])) start += 1;
  while (end > start && /\s/.test(text[end - 1])) end -= 1;
  // In the midst of a word it would be text.
  if (start < end && sign !== "`") {
    while (joins(text, start)) start -= 1;
    while (joins(text, end)) end += 1;
  }
  const before = text.slice(0, start);
  const after = text.slice(end);
  const inside = text.slice(start, end);
  const opens = holds(runBefore(before, sign), mark);
  const closes = holds(runAfter(after, sign), mark);
  if (opens && closes) {
    return { from: start - wide, to: end + wide, insert: inside, start: start - wide, end: end - wide };
  }
  if (start === end) {
    // At the end of what is marked: past the mark, as one who goes on typing means it.
    if (closes && !/\s/.test(text[start - 1] ?? " "))
      return { from: start, to: start, insert: "", start: start + wide, end: start + wide };
    return { from: start, to: start, insert: mark + mark, start: start + wide, end: start + wide };
  }
  const first = runAfter(inside, sign);
  const last = runBefore(inside, sign);
  if (inside.length > 2 * wide && holds(first, mark) && holds(last, mark)) {
    const bare = inside.slice(wide, -wide);
    return { from: start, to: end, insert: bare, start, end: start + bare.length };
  }
  return { from: start, to: end, insert: mark + inside + mark, start: start + wide, end: end + wide };
}

/**
 * From the beginning of the first line touched to the end of the last.
 * @param {Selected} selected
 */
function wholeLines({ text, start, end }) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  // What ends with a line's break doesn't touch the next line.
  const last = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const next = text.indexOf("\n", last);
  return { from, to: next < 0 ? text.length : next };
}

/**
 * Puts the lines into a fence of their own, or takes it away.
 * @param {Selected} selected
 * @returns {Edit}
 */
export function toggleCodeBlock(selected) {
  const { text, start, end } = selected;
  const { from, to } = wholeLines(selected);
  const inside = text.slice(from, to);
  const above = /(^|\n)```[^\n`]*\n$/.exec(text.slice(0, from));
  const below = /^\n```[ \t]*(?=\n|$)/.exec(text.slice(to));
  if (above && below) {
    const begin = from - above[0].length + above[1].length;
    return {
      from: begin,
      to: to + below[0].length,
      insert: inside,
      start: begin,
      end: begin + inside.length,
    };
  }
  const fenced = /^```[^\n`]*\n(.*)\n```$/s.exec(inside);
  if (fenced) return { from, to, insert: fenced[1], start: from, end: from + fenced[1].length };
  // A text that has fences itself needs a longer one.
  const fence = "`".repeat(Math.max(3, ...[...inside.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length + 1)));
  const at = from + fence.length + 1;
  const bounds =
    start === end
      ? { start: at + start - from, end: at + start - from }
      : { start: at, end: at + inside.length };
  return { from, to, insert: `${fence}\n${inside}\n${fence}`, ...bounds };
}

/**
 * Makes what is selected the words of a link, or the address if it looks like one.
 * @param {Selected} selected
 * @returns {Edit}
 */
export function makeLink({ text, start, end }) {
  const inside = text.slice(start, end);
  if (ADDRESS.test(inside.trim())) {
    return {
      from: start,
      to: end,
      insert: `[](${guarded(inside.trim())})`,
      start: start + 1,
      end: start + 1,
    };
  }
  const caret = inside ? start + inside.length + 3 : start + 1;
  return { from: start, to: end, insert: `[${inside}]()`, start: caret, end: caret };
}

/** @type {Record<string, {has: RegExp, put: (place: number) => string}>} */
const PREFIXES = {
  list: { has: /^([ \t]*)[-*+][ \t]+/, put: () => "- " },
  numbers: { has: /^([ \t]*)(?:0|[1-9]\d{0,8})[.)][ \t]+/, put: (place) => `${place + 1}. ` },
  quote: { has: /^([ \t]*)>(?: |$)/, put: () => "> " },
};

/**
 * Makes each line touched an item or a quote, or takes that away if all are.
 * @param {Selected} selected
 * @param {"list"|"numbers"|"quote"} what
 * @returns {Edit}
 */
export function togglePrefix(selected, what) {
  const { has, put } = PREFIXES[what];
  const { from, to } = wholeLines(selected);
  const lines = selected.text.slice(from, to).split("\n");
  const full = lines.filter((line) => line.trim());
  const all = full.length > 0 && full.every((line) => has.test(line));
  let place = 0;
  const changed = lines.map((line) => {
    if (all) return line.replace(has, "$1");
    if (!line.trim() && lines.length > 1) return line;
    return put(place++) + line.replace(has, "$1");
  });
  const insert = changed.join("\n");
  if (selected.start === selected.end) {
    const caret = Math.max(from, selected.start + insert.length - (to - from));
    return { from, to, insert, start: caret, end: caret };
  }
  return { from, to, insert, start: from, end: from + insert.length };
}

/** @type {Record<string, (selected: Selected) => Edit>} by tool */
export const TOOLS = {
  bold: (selected) => toggleMark(selected, "**"),
  italic: (selected) => toggleMark(selected, "*"),
  strike: (selected) => toggleMark(selected, "~~"),
  code: (selected) => toggleMark(selected, "`"),
  block: toggleCodeBlock,
  link: makeLink,
  list: (selected) => togglePrefix(selected, "list"),
  numbers: (selected) => togglePrefix(selected, "numbers"),
  quote: (selected) => togglePrefix(selected, "quote"),
};
