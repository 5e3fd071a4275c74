/** Every emoji with its names, loaded when it is first needed. */
import { getJson } from "./http.js";

/** @typedef {import("../words/emoji_search.js").Named} Named */

/** @type {Promise<Named[]>|null} */
let request = null;

/** @returns {Promise<Named[]>} empty if the server doesn't answer; the next call tries again */
export function allEmoji() {
  request ??= getJson("/emoji").then(
    ({ emoji }) => emoji,
    () => {
      request = null;
      return [];
    },
  );
  return request;
}
