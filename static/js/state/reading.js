/**
 * What of the room has been read. The mark (`readNumber`) follows what was really on screen while
 * the page had the focus, and goes back only where a person says so, here or on another device. The
 * "New" line (`newAfter`) stays where it is until one leaves.
 */

/** @typedef {import("./store.js").State} State */

/** Moves the marks by what is on screen. @param {State} state */
export function updateMarks(state) {
  const { seen, atBottom, newer } = state;
  // The end counts as a whole: whoever goes there has chosen to leave out what lies between.
  const atEnd = atBottom && !newer;
  const highest = atEnd ? state.lastNumber : (seen?.highest ?? 0);
  state.bottomNumber = Math.max(state.bottomNumber, highest);
  if (!state.focused || state.readHeld) return;
  // What was jumped over, by a permalink or the scroll bar, hasn't been read, and so neither has
  // what follows it.
  const goesOn = seen !== null && seen.lowest <= state.readNumber + 1;
  if (atEnd || goesOn) state.readNumber = Math.max(state.readNumber, highest);
}

/**
 * A new post: where the "New" line goes. Before `lastNumber` is moved.
 * @param {State} state
 * @param {boolean} own
 */
export function updateDivider(state, own) {
  if (own) {
    Object.assign(state, { newAfter: null, readHeld: false });
    return;
  }
  if (state.focused && state.atBottom && !state.readHeld) return;
  // Whoever is here and still reading keeps the line that they read from.
  if (state.newAfter === null || !state.focused || state.readNumber >= state.lastNumber)
    state.newAfter = state.readNumber;
}

/**
 * The reader wants to come back to this post: it and what follows is unread until they read on.
 * @param {State} state
 * @param {number} number
 */
export function unreadFrom(state, number) {
  Object.assign(state, { readNumber: number - 1, newAfter: number - 1, readHeld: true });
}

/**
 * The reader reads on: by scrolling, by Esc, by an answer.
 * @param {State} state
 * @returns {boolean} whether that changed anything
 */
export function readOn(state) {
  if (!state.readHeld) return false;
  state.readHeld = false;
  return true;
}

/** ms after this page has told its mark: what comes meanwhile of marks may be older than that. */
const ECHO = 3_000;

/**
 * The server tells the room's mark: another device of the same person has read, or gone back, and
 * then it is lower than before.
 * @param {State} state
 * @param {number} number
 * @param {boolean} whole whether the page has just connected
 * @param {number} now ms
 */
export function readElsewhere(state, number, whole, now = Date.now()) {
  const isEcho = now - state.readToldAt < ECHO;
  if (isEcho && (state.readHeld || number < state.readKnown)) return;
  // What a lost connection took with it is told again, and isn't a going back.
  if (number < state.readKnown && number < state.readNumber && !whole) unreadFrom(state, number + 1);
  else state.readNumber = Math.max(state.readNumber, Math.min(number, state.lastNumber));
  // Read to the end elsewhere: nothing here is new any more.
  if (state.readNumber === state.lastNumber && !state.focused) state.newAfter = null;
  state.readKnown = number;
}
