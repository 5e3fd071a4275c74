/** The emoji that somebody used last, in this browser. */
import { storage } from "./storage.js";

const LATELY = "aiochat:emoji";
const KEEP_LATELY = 24;
/** Proposed to who hasn't used any yet. */
const FIRST = ["👍", "❤️", "😂", "🎉", "👀", "🙏"];

const kept = () => (storage.get(LATELY) ?? "").split(" ").filter(Boolean);

/** The newest first; before there are so many, some that most people use. @param {number} [count] */
export function usedLately(count = KEEP_LATELY) {
  const own = kept();
  return [...own, ...FIRST.filter((one) => !own.includes(one))].slice(0, count);
}

/** @param {string} emoji */
export function noteUsed(emoji) {
  storage.set(LATELY, [emoji, ...kept().filter((one) => one !== emoji)].slice(0, KEEP_LATELY).join(" "));
}
