/** Loads parts of the page when they are first wanted. */
import { t } from "../../words/texts.js";

/**
 * Calls `use`, which may load a part of the page. If that fails, a toast says so.
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
