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

/**
 * An act of order was recorded: what it was, with its undo. Acts on the same person are one toast.
 * @param {import("./store.js").State} state
 * @param {string} command as it was typed
 * @param {number} act
 * @returns {import("./types.js").Topic[]}
 */
export function toastAct(state, command, act) {
  const about = /@\S+/.exec(command)?.[0];
  const last = state.toasts.at(-1);
  const before = about && last?.acts && last.about === about ? last : undefined;
  const commands = [...(before?.commands ?? []), command];
  const acts = [...(before?.acts ?? []), act];
  const others = before ? state.toasts.slice(0, -1) : state.toasts;
  const made = { id: (state.toastsMade += 1), text: "", about, commands, acts };
  state.toasts = [...others, made].slice(-KEEP_TOASTS);
  return ["toasts"];
}
