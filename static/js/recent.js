/** Which rooms one went to last, in this browser: the switcher proposes them first. */
import { storage } from "./storage.js";

const KEPT = 60;

/** @param {string} you */
const keyOf = (you) => `aiochat:recent:${you}`;

/** @param {string} you @returns {Record<string, number>} ms by the name of the room */
export function recentRooms(you) {
  try {
    const found = JSON.parse(storage.get(keyOf(you)) ?? "{}");
    return typeof found === "object" && found ? found : {};
  } catch {
    return {}; // not ours, or cut short
  }
}

/** One is in this room now. @param {string} you @param {string} room @param {number} [now] ms */
export function rememberRoom(you, room, now = Date.now()) {
  const entries = Object.entries({ ...recentRooms(you), [room]: now }).sort(([, a], [, b]) => b - a);
  storage.set(keyOf(you), JSON.stringify(Object.fromEntries(entries.slice(0, KEPT))));
}
