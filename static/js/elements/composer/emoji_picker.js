/** Choosing an emoji: its dialog is loaded when it is first wanted. */

/**
 * Beside an element or in the middle. What is chosen is remembered as used lately.
 * @param {Element|null} anchor
 * @returns {Promise<string|null>} null if none was chosen; rejected if the dialog couldn't be
 *   loaded: see withLoaded
 */
export async function openEmojiPicker(anchor) {
  const { chooseEmoji } = await import("./emoji_dialog.js");
  return chooseEmoji(anchor);
}
