/**
 * What the toolbar, Shift+Enter in a list and a pasted address do to a text of Markdown. Pure: each
 * function returns the one stretch that is replaced and what is selected afterwards, so that the
 * box can do it as one step of its own undo.
 */

/**
 * @typedef {{text: string, start: number, end: number}} Selected a text and what is selected in it
 * @typedef {{from: number, to: number, insert: string, start: number, end: number}} Edit `from` to
 *   `to` becomes `insert`; then `start` to `end` is selected
 */

const ADDRESS = /^https?:\/\/[^\s<>]+$/i;
// As in helpers/markup/blocks.py.
const ITEM = /^([ \t]*)([-*+]|(0|[1-9]\d{0,8})([.)]))([ \t]+)(\[[ xX]\] )?(.*)$/s;
const QUOTE = /^([ \t]*(?:> )+)(.*)$/s;
const FENCE = /^ *(?:(`{3,})[^`]*|(~{3,}).*)$/;
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

/**
 * What would end an address is written by its escape; brackets in pairs belong to it.
 * @param {string} address
 */
function guarded(address) {
  const isBalanced =
    address.split("(").length === address.split(")").length && !/^[^(]*\)|\([^)]*$/.test(address);
  const ends = isBalanced ? /["`|\\{}]/g : /["`|\\{}()]/g;
  return address.replace(ends, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
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

/** Is the caret within a fenced block of code? @param {string} before */
function inFence(before) {
  let mark = "";
  for (const line of before.split("\n")) {
    const found = FENCE.exec(line);
    if (mark) mark = line.trimEnd().endsWith(mark) ? "" : mark;
    else mark = found?.[1] ?? found?.[2] ?? "";
  }
  return mark !== "";
}

/**
 * In the midst of a sentence that is broken into lines a number begins no list but by 1.
 * @param {string} above the text before the line
 * @param {RegExpExecArray} item
 */
function beginsItem(above, item) {
  const lines = above.split("\n").slice(0, -1);
  const block = lines.slice(lines.findLastIndex((line) => !line.trim()) + 1);
  let list = "";
  const begins = (/** @type {RegExpExecArray} */ found, /** @type {number} */ place) =>
    found[3] === undefined || found[3] === "1" || place === 0 || list === found[4];
  block.forEach((line, place) => {
    const found = ITEM.exec(line);
    if (found && begins(found, place)) list = found[4] ?? found[2];
    else if (!/^ {2}/.test(line)) list = "";
  });
  return begins(item, block.length);
}

/**
 * A new line within a list or a quote goes on with it; on an empty item it ends the list.
 * @param {Selected} selected
 * @returns {Edit|null} null: an ordinary line break
 */
export function breakLine({ text, start, end }) {
  if (start !== end) return null;
  const before = text.slice(0, start);
  if (inFence(before)) return null;
  const from = before.lastIndexOf("\n") + 1;
  const line = before.slice(from);
  const found = ITEM.exec(line);
  const item = found && beginsItem(before.slice(0, from), found) ? found : null;
  const quote = found ? null : QUOTE.exec(line);
  if (!item && !quote) return null;
  const said = item ? item[7] : /** @type {RegExpExecArray} */ (quote)[2];
  if (!said.trim()) return { from, to: start, insert: "", start: from, end: from };
  const next = item
    ? item[1] + (item[3] ? `${Number(item[3]) + 1}${item[4]}` : item[2]) + item[5] + (item[6] ? "[ ] " : "")
    : /** @type {RegExpExecArray} */ (quote)[1];
  const caret = start + 1 + next.length;
  return { from: start, to: start, insert: `\n${next}`, start: caret, end: caret };
}

/**
 * An address that is pasted onto words makes them a link.
 * @param {Selected} selected
 * @param {string} pasted
 * @returns {Edit|null} null: an ordinary paste
 */
export function pasteLink({ text, start, end }, pasted) {
  const inside = text.slice(start, end);
  const address = pasted.trim();
  if (!inside.trim() || /[\n[\]]/.test(inside) || ADDRESS.test(inside.trim()) || !ADDRESS.test(address))
    return null;
  if (inFence(text.slice(0, start)) || text.slice(0, start).endsWith("](")) return null;
  const insert = `[${inside}](${guarded(address)})`;
  return { from: start, to: end, insert, start: start + insert.length, end: start + insert.length };
}
