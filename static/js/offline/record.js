/**
 * The last lines of a room as they are kept in the browser: all lines from the first one kept up to
 * `lastSeq`, each as it was then. Pure.
 */

/** Lines of a room, and characters of them. */
export const MOST_LINES = 300;
export const MOST_TEXT = 300_000;

/**
 * @typedef {import("../state/types.js").Line} Line
 *
 * @typedef {object} Lines
 * @property {Line[]} lines by seq
 * @property {number} lastSeq all that happened up to here is in them
 * @property {boolean} more there are older ones
 * @property {string} epoch of the history that they belong to
 */

const weigh = (/** @type {Line} */ { text, html }) => text.length + (html?.length ?? 0);

/** The last of them, as many as are kept. @param {Lines} found @returns {Lines} */
export function bounded(found) {
  const { lines } = found;
  let first = Math.max(lines.length - MOST_LINES, 0);
  let weight = 0;
  for (let index = lines.length - 1; index >= first; index -= 1) {
    weight += weigh(lines[index]);
    if (weight > MOST_TEXT) first = index + 1;
  }
  return first ? { ...found, lines: lines.slice(first), more: true } : found;
}

/** @param {Line[]} lines @param {Line} line in the place of what had its seq */
function put(lines, line) {
  let index = lines.length;
  while (index > 0 && lines[index - 1].seq > line.seq) index -= 1;
  const isThere = lines[index - 1]?.seq === line.seq;
  return [...lines.slice(0, isThere ? index - 1 : index), line, ...lines.slice(index)];
}

/** Whether a line with this seq is between the first one and the end. @param {Lines} found */
const reaches = ({ lines, more }, /** @type {number} */ seq) =>
  !more || (lines.length > 0 && seq >= lines[0].seq);

/**
 * Without those before this seq, which the room keeps no more.
 * @param {Lines} found
 * @param {number} first
 * @returns {Lines}
 */
function since(found, first) {
  const lines = found.lines.filter((line) => line.seq >= first);
  return lines.length < found.lines.length ? { ...found, lines, more: false } : found;
}

/** @type {Record<string, (found: Lines, event: any) => Lines|null>} */
const followers = {
  hello: (found, { epoch, room }) => (epoch === found.epoch ? since(found, room?.first_seq ?? 0) : null),
  expired: (found, { before }) => since(found, before),
  message(found, { type, ...line }) {
    const lastSeq = Math.max(found.lastSeq, line.seq);
    // What was cleared away is there again, and isn't here.
    if (line.kind === "uncleared") return null;
    // A line from before comes again with what was done to it meanwhile.
    if (line.seq <= found.lastSeq && !reaches(found, line.seq)) return found;
    return { ...found, lines: put(found.lines, line), lastSeq };
  },
  changed(found, { type, of, ...rest }) {
    const lastSeq = Math.max(found.lastSeq, rest.seq);
    if (!reaches(found, of)) return { ...found, lastSeq };
    const nonce = found.lines.find((line) => line.seq === of)?.nonce;
    return { ...found, lines: put(found.lines, { ...rest, seq: of, changed: rest.seq, nonce }), lastSeq };
  },
  cleared(found, { seq, author, text, at }) {
    const cleared = { seq, kind: "cleared", author, text, at };
    const lines = [cleared, ...found.lines.filter((line) => line.seq > seq)];
    return { ...found, lines, more: false, lastSeq: Math.max(found.lastSeq, seq) };
  },
  caught_up: (found, { seq }) => ({ ...found, lastSeq: Math.max(found.lastSeq, seq) }),
  reset: () => null,
};

/**
 * After an event of the room.
 * @param {Lines|null} found
 * @param {import("../state/types.js").Event} event
 * @returns {Lines|null} null where what is kept is no part of the history any more
 */
export const follow = (found, event) =>
  found && Object.hasOwn(followers, event.type) ? followers[event.type](found, event) : found;

/**
 * With older ones before them, if nothing is missing between the two.
 * @param {Lines} found
 * @param {Lines} older as true as these
 * @returns {Lines}
 */
export function joined(found, older) {
  const first = found.lines[0]?.seq ?? found.lastSeq + 1;
  if (!found.more || older.epoch !== found.epoch || older.lastSeq < first - 1) return found;
  const before = older.lines.filter((line) => line.seq < first);
  if (!before.length && older.more) return found;
  return { ...found, lines: [...before, ...found.lines], more: older.more };
}

/**
 * After the server has told which of them changed.
 * @param {Lines} found
 * @param {{changed: Line[], cleared_seq: number}} told
 * @returns {Lines}
 */
export function amended(found, { changed, cleared_seq: clearedSeq }) {
  let lines = found.lines.filter((line) => line.seq >= clearedSeq);
  // That nothing is before it may not be so any more.
  const [first] = lines;
  const isUncleared = first?.kind === "cleared" && first.seq > clearedSeq;
  for (const line of changed) if (lines.some(({ seq }) => seq === line.seq)) lines = put(lines, line);
  return { ...found, lines, more: isUncleared || (found.more && lines.length === found.lines.length) };
}
