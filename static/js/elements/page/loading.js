/** What is loaded when it is first wanted, since most visits of a room do without. */
import { t } from "../../words/texts.js";

/**
 * Does something for which a part of the page may still have to be loaded. Without a network it
 * says that it can't be.
 * @template T
 * @param {import("../../state/store.js").Store} store
 * @param {() => T|Promise<T>} use
 * @returns {Promise<T|null>} null if it failed
 */
export async function withLoaded(store, use) {
  try {
    return await use();
  } catch {
    store.dispatch({ type: "toasted", text: t("That couldn’t be loaded. Try again.") });
    return null;
  }
}
