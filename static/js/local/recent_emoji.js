/** The emoji used last in this browser. */
import { Recents } from "./recents.js";
import { storage } from "./storage.js";

const SHOWN = 24;
/** Proposed before any is used. */
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
