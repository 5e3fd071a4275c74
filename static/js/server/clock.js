/**
 * Tells the server the clock of this browser, for the times in the pages that it makes: how far it
 * is from UTC, and how it writes hours. helpers/web/clock.py reads it.
 */
import { withBase } from "../local/address.js";
import { clockTime } from "../words/dates.js";

/** By how it writes five past nine in the morning and five past three in the afternoon. */
const HOURS = new Map([
  ["9:05 15:05", "H"],
  ["09:05 15:05", "HH"],
  ["9:05 AM 3:05 PM", "h"],
  ["9:05\u202fAM 3:05\u202fPM", "hn"],
]);

/** @param {Date} now @param {(at: string) => string} format */
export function clockCookie(now, format) {
  const at = (/** @type {number} */ hour) =>
    format(new Date(now.getFullYear(), now.getMonth(), now.getDate(), hour, 5).toISOString());
  return `${-now.getTimezoneOffset()}~${HOURS.get(`${at(9)} ${at(15)}`) ?? ""}`;
}

export function tellClock() {
  const clock = clockCookie(new Date(), clockTime);
  if (!document.cookie.split("; ").includes(`clock=${clock}`))
    document.cookie = `clock=${clock}; path=${withBase("/")}; max-age=31536000; samesite=lax`;
}
