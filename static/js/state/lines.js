/**
 * The lines that the page holds: where one is inserted, how many are kept and where; and the
 * pending ones.
 */

/**
 * So many posts are kept around those on screen: some screens of scrolling on either side without a
 * request.
 */
export const KEEP = 250;
/**
 * Trimming waits for so many more, so that a busy room trims now and then and not with each
 * message.
 */
export const SLACK = 50;
/** Service lines of who comes and goes, of which the timeline shows a run as one line. */
export const FOLDED = new Set(["joined", "came", "went", "left"]);
/** Those of them that are recorded no more, and shown only to who asks for them. */
export const PAST = new Set(["came", "went"]);
/** Its weight against a post's 1: a run is one row, but not without a limit. */
const FOLDED_WEIGHT = 0.25;

/**
 * @typedef {import("./store.js").State} State
 * @typedef {import("./types.js").Line} Line
 * @typedef {import("./types.js").Pending} Pending
 */

/**
 * Whether it is a post of somebody whom the reader ignores, and hasn't uncovered. What an address names is
 * shown.
 * @param {State} state
 * @param {Line} line
 */
export const isHidden = ({ site, uncovered, around }, { number = 0, author }) =>
  number > 0 && site.ignored.has(author) && number !== around && !uncovered.has(number);

/**
 * How many posts after this one are deleted, as far as the page has them.
 * @param {State} state
 * @param {number} number
 */
export const deletedAfter = ({ lines }, number) =>
  lines.filter((line) => line.deleted && (line.number ?? 0) > number).length;

/**
 * Where a line belongs; live ones nearly always at the end, so look from there.
 * @param {Line[]} lines
 * @param {number} seq
 */
export function indexFor(lines, seq) {
  let index = lines.length;
  while (index > 0 && lines[index - 1].seq > seq) index -= 1;
  return index;
}

/** @param {State} state @param {Line} line */
export function insert(state, line) {
  const index = indexFor(state.lines, line.seq);
  if (state.lines[index - 1]?.seq === line.seq) state.lines[index - 1] = line;
  else state.lines.splice(index, 0, line);
}

/**
 * What was changed while one was away comes after lines that stand below it.
 * @param {State} state
 * @param {Line} line
 */
export function isMissing({ lines, more, newer, clearedSeq }, { seq }) {
  const index = indexFor(lines, seq);
  if (seq < clearedSeq || !lines.length || lines[index - 1]?.seq === seq) return false;
  return index === 0 ? !more : index < lines.length || !newer;
}

const weigh = (/** @type {Line} */ line) => (FOLDED.has(line.kind) ? FOLDED_WEIGHT : 1);

/**
 * Which lines to keep: those on screen in the middle, and what one side doesn't need goes to the
 * other.
 * @param {Line[]} lines
 * @param {{first: number, last: number}} view the seqs of the first and the last line on screen
 * @returns {[number, number]} from where, and up to where
 */
export function kept(lines, view) {
  const last = Math.max(indexFor(lines, view.last) - 1, 0);
  const first = Math.min(Math.max(indexFor(lines, view.first) - 1, 0), last);
  const sum = (/** @type {number} */ from, /** @type {number} */ to) => {
    let weight = 0;
    for (let index = from; index < to; index += 1) weight += weigh(lines[index]);
    return weight;
  };
  const above = sum(0, first);
  const below = sum(last + 1, lines.length);
  const room = Math.max(KEEP - sum(first, last + 1), 0);
  let down = Math.min(below, Math.max(room / 2, room - above));
  let up = Math.min(above, room - down);
  let from = first;
  for (; from > 0 && weigh(lines[from - 1]) <= up; from -= 1) up -= weigh(lines[from - 1]);
  let to = last + 1;
  for (; to < lines.length && weigh(lines[to]) <= down; to += 1) down -= weigh(lines[to]);
  return [from, to];
}

/**
 * Bounds the lines on both sides of where the reader is. What is left out is loaded again on the
 * way there.
 * @param {State} state
 */
export function trim(state) {
  const { lines } = state;
  if (lines.length <= KEEP + SLACK) return;
  let weight = 0;
  for (const line of lines) weight += weigh(line);
  if (weight <= KEEP + SLACK) return;
  const end = lines[lines.length - 1].seq;
  const [from, to] = kept(lines, state.atBottom || !state.view ? { first: end, last: end } : state.view);
  if (to < lines.length) {
    lines.length = to;
    state.newer = true;
  }
  if (from > 0) {
    lines.splice(0, from);
    state.more = true;
  }
}

/**
 * Removes the pending entries of what has arrived.
 * @param {State} state
 * @param {(entry: Pending) => boolean} arrived
 */
export function settle(state, arrived) {
  state.pending = state.pending.filter((entry) => !arrived(entry));
}
