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

/**
 * The server tells the room's mark, which other devices of the same person move too. Of two marks
 * the one that was set back more often is the later one, of two alike the further one: what arrives
 * late takes nothing back.
 * @param {State} state
 * @param {number} number
 * @param {number} [timesBack]
 * @param {boolean} [whole] it was read just now, and not only told when it changed
 */
export function readElsewhere(state, number, timesBack = 0, whole = false) {
  const backs = timesBack - state.timesBack;
  // Told before this page went back, or before it heard that another one did.
  const isOld = backs < 0 || (backs === 0 && state.backsSent > 0);
  if (isOld && !whole) return;
  const wentBack = backs > state.backsSent;
  if (wentBack && number < state.readNumber) unreadFrom(state, number + 1);
  else if (!isOld || !state.backsSent)
    state.readNumber = Math.max(state.readNumber, Math.min(number, state.lastNumber));
  // Read to the end elsewhere: nothing here is new any more.
  if (state.readNumber === state.lastNumber && !state.focused) state.newAfter = null;
  // What a lost connection took with it is told again.
  state.readKnown = whole || wentBack ? number : Math.max(state.readKnown, number);
  state.timesBack = timesBack;
  state.backsSent = whole ? 0 : Math.max(0, state.backsSent - Math.max(0, backs));
}
