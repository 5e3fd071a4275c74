/**
 * What Shift+Enter in a list and a pasted address do to a text of Markdown. Pure: each function returns
 * the one stretch that is replaced and what is selected afterwards, so that the box can do it as one
 * step of its own undo.
 */

/**
 * @typedef {{text: string, start: number, end: number}} Selected a text and what is selected in it
 * @typedef {{from: number, to: number, insert: string, start: number, end: number}} Edit `from` to
 *   `to` becomes `insert`; then `start` to `end` is selected
 */

export const ADDRESS = /^https?:\/\/[^\s<>]+$/i;
// As in helpers/markup/blocks.py.
const ITEM = /^([ \t]*)([-*+]|(0|[1-9]\d{0,8})([.)]))([ \t]+)(\[[ xX]\] )?(.*)$/s;
const QUOTE = /^([ \t]*(?:> )+)(.*)$/s;
const FENCE = /^ *(?:(`{3,})[^`]*|(~{3,}).*)$/;

/**
 * What would end an address is written by its escape; brackets in pairs belong to it.
 * @param {string} address
 */
export function guarded(address) {
  const isBalanced =
    address.split("(").length === address.split(")").length && !/^[^(]*\)|\([^)]*$/.test(address);
  const ends = isBalanced ? /["`|\\{}]/g : /["`|\\{}()]/g;
  return address.replace(ends, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
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
