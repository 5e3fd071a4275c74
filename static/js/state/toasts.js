/** Toasts: what was done, and what wasn't. elements/page/toasts.js shows them for some seconds. */
import { t } from "../words/texts.js";

/** Why nothing is done that goes now or not at all. */
export const NO_CONNECTION = t("There is no connection now. Try again in a moment.");

/** More would cover the page. */
const KEEP_TOASTS = 3;

/**
 * @param {import("./store.js").State} state
 * @param {string} text
 * @param {import("./types.js").Toast["undo"]} [undo]
 * @returns {import("./types.js").Topic[]}
 */
export function toast(state, text, undo) {
  state.toasts = [...state.toasts, { id: (state.toastsMade += 1), text, undo }].slice(-KEEP_TOASTS);
  return ["toasts"];
}
