/** The emoji that were used last in this browser, whoever used them. */
import { Recents } from "./recents.js";
import { storage } from "./storage.js";

const SHOWN = 24;
/** Proposed to who hasn't used any yet. */
const FIRST = ["👍", "❤️", "😂", "🎉", "👀", "🙏"];

const recents = new Recents(storage, "aiochat:emoji");

/**
 * The newest first; before there are so many, some that most people use.
 * @param {number} [count]
 */
export function recentEmoji(count = SHOWN) {
  const own = recents.all();
  return [...own, ...FIRST.filter((one) => !own.includes(one))].slice(0, count);
}

/** @param {string} emoji */
export const rememberEmoji = (emoji) => recents.use(emoji);
