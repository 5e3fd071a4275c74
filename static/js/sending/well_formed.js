/**
 * A text that can be sent: half an emoji, as phones and clipboards cut them, becomes U+FFFD. JSON
 * can write it, and no server can read that.
 * @param {string} text
 */
export const wellFormed = (text) => text.replace(/\p{Surrogate}/gu, "\ufffd");
