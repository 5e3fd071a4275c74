/**
 * Words said in passing: what was done, what wasn't. Shown for some seconds by elements/toasts.js.
 */

/** More would cover what one reads. */
const KEEP_TOASTS = 3;

/**
 * @param {import("./store.js").State} state
 * @param {string} text
 * @param {number} [undo]
 * @returns {import("./types.js").Topic[]}
 */
export function toast(state, text, undo) {
  state.toasts = [...state.toasts, { id: (state.toastsMade += 1), text, undo }].slice(-KEEP_TOASTS);
  return ["toasts"];
}
