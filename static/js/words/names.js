/** What people are called where they are shown. The server knows them by their handles. */
import { t } from "./texts.js";

/** What the server calls everybody whose account is deleted. No name holds a space. */
export const DELETED = "deleted user";

/** Letters that are written from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** How people are shown, empty for those by their handles. @type {Map<string, string>} */
const names = new Map();

/** The handles that were shown and of whom the page knows no more. @type {Set<string>} */
export const unknown = new Set();

let renames = 0;

/** How often a name has changed: what shows names is made anew when it has. */
export const renameCount = () => renames;

/**
 * When the server told of a name by itself, by handle, in ms of performance.now().
 * @type {Map<string, number>}
 */
const toldAt = new Map();

/** So that its direction turns nothing around it. @param {string} text */
export const isolated = (text) =>
  RIGHT_TO_LEFT.test(text) && !text.includes("\u2068") ? `\u2068${text}\u2069` : text;

/** The server tells of a changed name. @param {{name: string, display_name?: string}} person */
export function renamed(person) {
  toldAt.set(person.name, performance.now());
  setNames([person]);
}

/**
 * @param {Iterable<{name: string, display_name?: string}>} people
 * @param {number} [askedAt] when they were asked for, in ms of performance.now(): an answer that was
 *   under way while the server told of a change may hold the name of before
 */
export function setNames(people, askedAt = performance.now()) {
  for (const { name, display_name = "" } of people) {
    if ((toldAt.get(name) ?? -Infinity) > askedAt) continue;
    const shown = display_name.replace(/^[^@]+?(?= @|$)/, isolated);
    if (shown !== (names.get(name) ?? "")) renames += 1;
    names.set(name, shown);
    unknown.delete(name);
  }
}

/**
 * How a person is shown: the name, and where it could be taken for somebody else's, the handle after
 * it.
 * @param {string} handle
 */
export function shownName(handle) {
  if (handle === DELETED) return t("deleted user");
  const shown = names.get(handle);
  if (shown === undefined) unknown.add(handle);
  return shown || handle;
}

/** Where the handle stands beside it. @param {string} handle */
export const plainName = (handle) => shownName(handle).split(" @")[0];

/** The handle as it stands beside a name, empty beside itself. @param {string} handle */
export const handleBeside = (handle) => (names.get(handle) ? `@${handle}` : "");

/**
 * The title of a room. That of a conversation is the handles of the others.
 * @param {{kind: string, title: string}} room
 */
export const shownTitle = ({ kind, title }) =>
  kind === "direct" || kind === "group" ? title.split(", ").map(shownName).join(", ") : title;

/** The same as one speaks of it: a room with its sign. @param {{kind: string, title: string}} room */
export const titleWithSign = (room) =>
  room.kind === "open" || room.kind === "closed" ? `#${room.title}` : shownTitle(room);
