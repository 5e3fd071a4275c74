/** People's statuses, and who is typing. None of it is history. */
import { isOnline } from "./presence.js";

/** A page says every three seconds that somebody types; without that they have stopped. */
export const TYPING_TIMEOUT = 6_000;

/** Ranks from the highest; nobody acts on an equal or higher one. */
export const ROLES = ["admin", "owner", "moderator", "member"];

/**
 * @typedef {import("./store.js").State} State
 * @typedef {import("./types.js").Topic} Topic
 * @typedef {{status: ""|"away"|"dnd", text: string, until: string}} Status `until` is a time, or
 *   empty for as long as it is
 */

/**
 * The event `typing`.
 * @param {State} state
 * @param {{name: string, on?: boolean}} event
 * @returns {Topic[]}
 */
export function receiveTyping(state, { name, on = true }) {
  if (name === state.you.name) return [];
  if (on) state.typing.set(name, Date.now());
  else if (!state.typing.delete(name)) return [];
  return ["typing"];
}

/**
 * The event `presence`.
 * @param {State} state
 * @param {{name: string, status: Status["status"], text?: string, until?: string}} event
 * @returns {Topic[]}
 */
export function receivePresence(state, { name, status, text = "", until = "" }) {
  state.statuses.set(name, { status, text, until });
  return ["members", "rooms"];
}

/** Removes those whose last typing event is too old. @param {State} state @param {number} now ms */
export function expireTyping(state, now) {
  const before = state.typing.size;
  for (const [name, at] of state.typing) if (now - at >= TYPING_TIMEOUT) state.typing.delete(name);
  return state.typing.size !== before;
}

/** @type {Status} */
const NOTHING = { status: "", text: "", until: "" };

/**
 * @param {State} state
 * @param {string} name
 * @returns {Status} as last heard of, or as the page found it; none where it has ended
 */
export function statusOf(state, name) {
  const member = state.members.get(name);
  const status = state.statuses.get(name) ?? {
    status: member?.status ?? "",
    text: member?.status_text ?? "",
    until: member?.status_until ?? "",
  };
  return status.until && Date.parse(status.until) <= Date.now() ? NOTHING : status;
}

/**
 * When the next status ends by itself, in ms.
 * @param {State} state
 * @returns {number} Infinity if none does
 */
export function nextEnd(state) {
  const ends = [...state.members.keys(), ...state.statuses.keys()].flatMap(
    (name) => statusOf(state, name).until || [],
  );
  return Math.min(...ends.map((until) => Date.parse(until)));
}

/**
 * What the dot beside a name shows.
 * @param {State} state
 * @param {string} name
 * @returns {"here"|"away"|"dnd"|"gone"|"unknown"}
 */
export function dotOf(state, name) {
  const { status } = statusOf(state, name);
  if (name === state.you.name) return status || "here";
  const isTold = state.members.has(name) || isContact(state, name);
  if (!isTold) return status || "unknown";
  return isOnline(state, name) ? status || "here" : "gone";
}

/** Whether one has a conversation of two with them. @param {State} state @param {string} name */
function isContact({ rooms, site }, name) {
  if (!site.presence.has(name)) return false;
  for (const { kind, title } of rooms.values()) if (kind === "direct" && title === name) return true;
  return false;
}

/**
 * What somebody is called after a line of the kind `role`.
 * @param {string} before
 * @param {string} role as the line says it
 */
export const roleAfter = (before, role) => (before === "admin" && role !== "owner" ? before : role);

/** May `you` act on somebody of this role? @param {string} you @param {string} role */
export const outranks = (you, role) => ROLES.indexOf(you) >= 0 && ROLES.indexOf(you) < ROLES.indexOf(role);

/** @param {{role: string|null}} you */
export const owns = ({ role }) => role === "owner";
