/** Lets one choose any emoji. What that takes is loaded when it is first wanted: most visits of a room do without. */

/**
 * Beside an element or in the middle. What is chosen is remembered as used lately.
 * @param {Element|null} anchor
 * @returns {Promise<string|null>} null if none was chosen; rejected if the dialog couldn't be loaded
 */
export async function openEmojiPicker(anchor) {
  const { chooseEmoji } = await import("./emoji_dialog.js");
  return chooseEmoji(anchor);
}
