/** What is loaded when it is first wanted, since most visits of a room do without: dialogs, and first of all that of all emoji. */
import { t } from "../texts.js";

/**
 * Does something for which a part of the page may still have to be loaded. Without a network it says that it can't be.
 * @template T @param {import("../store.js").Store} store @param {() => T|Promise<T>} use @returns {Promise<T|null>} null if it failed
 */
export async function withLoaded(store, use) {
  try {
    return await use();
  } catch {
    store.dispatch({ type: "toasted", text: t("That couldn’t be loaded. Try again.") });
    return null;
  }
}

/**
 * Beside an element or in the middle. What is chosen is remembered as used lately.
 * @param {Element|null} anchor
 * @returns {Promise<string|null>} null if none was chosen; rejected if the dialog couldn't be loaded: see withLoaded
 */
export async function openEmojiPicker(anchor) {
  const { chooseEmoji } = await import("./emoji_dialog.js");
  return chooseEmoji(anchor);
}
