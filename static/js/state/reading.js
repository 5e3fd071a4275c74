/**
 * What of the room has been read. The mark (`readNumber`) follows what was on screen while the page
 * had the focus, and goes back only where a person says so, here or on another device. The "New"
 * line (`newAfter`) stays until the page is left.
 */

/** @typedef {import("./store.js").State} State */

/** Moves the marks to what is on screen. @param {State} state */
export function updateMarks(state) {
  const { seen, atBottom, newer } = state;
  // Going to the end counts as reading everything before it.
  const atEnd = atBottom && !newer;
  const highest = atEnd ? state.lastNumber : (seen?.highest ?? 0);
  state.bottomNumber = Math.max(state.bottomNumber, highest);
  if (!state.focused || state.readHeld) return;
  // What was skipped, by a permalink or the scroll bar, isn't read, and neither is what follows.
  const goesOn = seen !== null && seen.lowest <= state.readNumber + 1;
  if (atEnd || goesOn) state.readNumber = Math.max(state.readNumber, highest);
}

/**
 * Places the "New" line for a new post. Called before `lastNumber` is moved.
 * @param {State} state
 * @param {boolean} own
 */
export function updateDivider(state, own) {
  if (own) {
    Object.assign(state, { newAfter: null, readHeld: false });
    return;
  }
  if (state.focused && state.atBottom && !state.readHeld) return;
  // A reader who is still reading keeps the line.
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

/** ms after this page sent its mark, in which older marks may still arrive. */
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
  // After a reconnect an older mark is repeated; it doesn't go back.
  if (number < state.readKnown && number < state.readNumber && !whole) unreadFrom(state, number + 1);
  else state.readNumber = Math.max(state.readNumber, Math.min(number, state.lastNumber));
  // Read to the end elsewhere: nothing here is new any more.
  if (state.readNumber === state.lastNumber && !state.focused) state.newAfter = null;
  state.readKnown = number;
}
