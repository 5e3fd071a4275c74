/** The lines that the page holds: where one belongs, how many are kept, and what of them has been seen; and those that aren't sent yet. */

/** The timeline keeps so many lines while it follows the bottom: some screens of scrolling without a request. */
export const KEEP_FOLLOWING = 300;
/** Trimming waits for so many more, so that a busy room trims now and then and not with each message. */
const TRIM_SLACK = 50;
/** ... and so many at most while someone reads further up; beyond it the newest are left out and loaded again on the way down. */
export const KEEP_READING = 1500;
/** Comings and goings, of which the timeline shows a run as one line. */
export const FOLDED = new Set(["joined", "came", "went", "left"]);

/**
 * @typedef {import("./store.js").State} State
 * @typedef {import("./store.js").Line} Line
 * @typedef {import("./store.js").Pending} Pending
 */

/** Where a line belongs; live ones nearly always at the end, so look from there. @param {Line[]} lines @param {number} seq */
export function placeFor(lines, seq) {
  let place = lines.length;
  while (place > 0 && lines[place - 1].seq > seq) place -= 1;
  return place;
}

/** @param {State} state @param {Line} line */
export function insert(state, line) {
  const place = placeFor(state.lines, line.seq);
  if (state.lines[place - 1]?.seq === line.seq) state.lines[place - 1] = line;
  else state.lines.splice(place, 0, line);
}

/** What was changed while one was away comes after lines that stand below it. @param {State} state @param {Line} line */
export function isMissing({ lines, more, newer, clearedSeq }, { seq }) {
  const place = placeFor(lines, seq);
  if (seq < clearedSeq || !lines.length || lines[place - 1]?.seq === seq) return false;
  return place === 0 ? !more : place < lines.length || !newer;
}

/**
 * Bounds the lines. Comings and goings are folded into one line each run, so they don't count until they are very many.
 * @param {State} state
 */
export function trim(state) {
  const { lines } = state;
  if (!state.atBottom) {
    if (lines.length <= KEEP_READING) return;
    state.newer = true;
    lines.length = KEEP_READING;
    return;
  }
  if (state.newer || lines.length <= KEEP_FOLLOWING + TRIM_SLACK) return;
  let kept = 0;
  let first = lines.length;
  while (first > 0 && kept < KEEP_FOLLOWING && lines.length - first < KEEP_READING) {
    first -= 1;
    if (!FOLDED.has(lines[first].kind)) kept += 1;
  }
  if (first === 0) return;
  lines.splice(0, first);
  state.more = true;
}

/** Moves the marks of what was seen, if the end of the history is before someone's eyes. @param {State} state */
export function see(state) {
  if (!state.atBottom || state.newer) return;
  state.bottomNumber = state.lastNumber;
  if (state.focused) state.readNumber = Math.max(state.readNumber, state.lastNumber);
}

/** Takes away the twins of what has arrived. @param {State} state @param {(entry: Pending) => boolean} arrived */
export function settle(state, arrived) {
  state.pending = state.pending.filter((entry) => !arrived(entry));
}
