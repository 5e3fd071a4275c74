/** The emoji that were used last in this browser, whoever used them. */
import { Recents } from "./recents.js";
import { storage } from "./storage.js";

const SHOWN = 24;
/** Proposed to who hasn't used any yet. */
const FIRST = ["👍", "❤️", "😂", "🎉", "👀", "🙏"];

const lately = new Recents(storage, "aiochat:emoji");

/** The newest first; before there are so many, some that most people use. @param {number} [count] */
export function usedLately(count = SHOWN) {
  const own = lately.all();
  return [...own, ...FIRST.filter((one) => !own.includes(one))].slice(0, count);
}

/** @param {string} emoji */
export const noteUsed = (emoji) => lately.use(emoji);
