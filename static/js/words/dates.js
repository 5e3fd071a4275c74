/** Times as the reader's own clock and browser show them, whatever language the texts are in. */
import { t } from "./texts.js";

/** What the browser asks for, undefined outside a page: the system's own. */
const locales = () => (globalThis.document ? [...navigator.languages] : undefined);

const clock = new Intl.DateTimeFormat(locales(), { hour: "numeric", minute: "2-digit" });
const full = new Intl.DateTimeFormat(locales(), { dateStyle: "full", timeStyle: "medium" });
const short = new Intl.DateTimeFormat(locales(), { dateStyle: "medium", timeStyle: "short" });
const thisYear = new Intl.DateTimeFormat(locales(), { weekday: "long", day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(locales(), { day: "numeric", month: "long", year: "numeric" });

/** @param {string} at */
export const clockTime = (at) => clock.format(new Date(at));

/** @param {string} at */
export const fullTime = (at) => full.format(new Date(at));

/** @param {string} at */
export const shortTime = (at) => short.format(new Date(at));

/** The local day as 2026-11-21: sorts and compares as a string. @param {Date} date */
export function dayOf(date) {
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Today, Yesterday, or the date. @param {string} day @param {Date} now */
export function dayLabel(day, now) {
  if (day === dayOf(now)) return t("Today");
  // Noon, so that the hour that a change of clocks takes or gives doesn't reach another day.
  const noon = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1, 12);
  if (day === dayOf(noon)) return t("Yesterday");
  const date = new Date(`${day}T12:00:00`);
  return (date.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(date);
}
