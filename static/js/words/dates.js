/** Times as the reader's own clock and browser show them, whatever language the texts are in. */
import { preference } from "../local/preferences.js";
import { t } from "./texts.js";

/** What the browser asks for, undefined outside a page: the system's own. */
const locales = () => (globalThis.document ? [...navigator.languages] : undefined);

/** Undefined where it is the browser's own. @returns {"h12"|"h23"|undefined} */
const chosenHours = () => /** @type {const} */ (["h12", "h23"]).find((one) => one === preference("hours"));
const hourCycle = chosenHours();

const clock = new Intl.DateTimeFormat(locales(), { hour: "numeric", minute: "2-digit", hourCycle });
const full = new Intl.DateTimeFormat(locales(), { dateStyle: "full", timeStyle: "medium", hourCycle });
const short = new Intl.DateTimeFormat(locales(), { dateStyle: "medium", timeStyle: "short", hourCycle });
const thisYear = new Intl.DateTimeFormat(locales(), { weekday: "long", day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(locales(), { day: "numeric", month: "long", year: "numeric" });

/** @param {string} at */
export const clockTime = (at) => clock.format(new Date(at));

/** @param {string} at */
export const fullTime = (at) => full.format(new Date(at));

/** @param {string} at */
export const shortTime = (at) => short.format(new Date(at));

/** What the server wrote in UTC. @param {ParentNode} page */
export function showTimes(page) {
  const times = /** @type {NodeListOf<HTMLTimeElement>} */ (page.querySelectorAll("time[datetime*=T]"));
  for (const time of times) time.textContent = shortTime(time.dateTime);
}

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
