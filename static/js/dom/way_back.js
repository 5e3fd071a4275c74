/**
 * Back closes what is open over the page before it does anything else, also in browsers without
 * CloseWatcher: while something is open, their history has an entry more, of the same address. That is one
 * entry however much is open, and it is left as soon as nothing is.
 */

/** In Chromium: on Android the way back asks it first. */
const { CloseWatcher } = /** @type {any} */ (globalThis);

/** What is open, the last at the end. @type {{close: () => void}[]} */
const open = [];
/** Whether the entry is being left by this script. */
const leaving = { now: false };

const isMarked = () => history.state?.over === true;

function mark() {
  if (!isMarked() && !leaving.now) history.pushState({ ...history.state, over: true }, "");
}

function leave() {
  if (leaving.now || !isMarked()) return;
  leaving.now = true;
  history.back();
}

/** @param {Event} event */
function moved(event) {
  // Nobody else has anything to do with a step that leads to the same address.
  if (leaving.now || (!isMarked() && open.length)) event.stopImmediatePropagation();
  if (leaving.now) {
    leaving.now = false;
    if (open.length) mark();
  } else if (isMarked()) {
    // It was left behind by a way to another room: nothing is open here any more.
    if (!open.length) leave();
  } else {
    open.pop()?.close();
    if (open.length) mark();
  }
}

if (!CloseWatcher) globalThis.addEventListener?.("popstate", moved);

/**
 * Something is open over the page.
 * @param {() => void} close
 * @returns {() => void} to be called when it isn't any more
 */
function hold(close) {
  const one = { close };
  open.push(one);
  mark();
  return () => {
    const place = open.indexOf(one);
    if (place < 0) return;
    open.splice(place, 1);
    // One dialog may make way for the next.
    setTimeout(() => {
      if (!open.length) leave();
    });
  };
}

/**
 * @param {() => void} close
 * @param {AbortSignal} signal the end of the page's scripts
 * @returns {() => void}
 */
function watch(close, signal) {
  const watcher = new CloseWatcher({ signal });
  watcher.onclose = close;
  return () => watcher.destroy();
}

/** Of a drawer, which no browser knows to be open. @type {typeof watch} */
export const closeDrawerOnBack = CloseWatcher ? watch : hold;

/** Of a dialog: where there is a CloseWatcher the browser sees to it. @type {typeof hold} */
export const closeDialogOnBack = CloseWatcher ? () => () => {} : hold;
