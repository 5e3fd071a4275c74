/**
 * What is unread in one's own rooms: the server's events, and the totals that the page shows.
 * Counts are differences of numbers, never incremented; what is deleted doesn't count.
 */
import { deletedAfter } from "./lines.js";
import { readElsewhere } from "./reading.js";

/**
 * @typedef {import("./store.js").State} State
 * @typedef {import("./types.js").OwnRoom} OwnRoom
 * @typedef {import("./types.js").Topic} Topic
 */

/**
 * @param {{kind: string}} room a conversation of two or of several, and no room with a name of its
 *   own
 */
export const isConversation = ({ kind }) => kind === "direct" || kind === "group";

/**
 * The event `unread`: all rooms where it is whole, else those that changed, with the fields that
 * changed.
 * @param {State} state
 * @param {{rooms: (Partial<OwnRoom> & {name: string})[], whole?: boolean, invitations?:
 *   import("./types.js").Invitation[]}} event
 * @returns {Topic[]}
 */
export function receiveUnread(state, { rooms, whole = false, invitations = [] }) {
  const before = state.rooms;
  if (whole) {
    state.rooms = new Map([...before].filter(([name]) => name === state.room.name));
    state.invitations = invitations;
  }
  const topics = /** @type {Topic[]} */ (["rooms"]);
  for (const told of rooms) {
    const news = told.name === state.address ? { ...told, name: state.room.name } : told;
    const known = before.get(news.name);
    if (news.name === state.room.name && news.read_number !== undefined) {
      readElsewhere(state, news.read_number, news.times_back, whole);
      topics.push("reading", "timeline");
    }
    if (news.name === state.room.name && news.title !== undefined && news.title !== state.room.title) {
      // Whose names a conversation shows changes with its members.
      state.room = { ...state.room, title: news.title };
      topics.push("room");
    }
    state.rooms.set(news.name, {
      kind: "open",
      title: news.name,
      last_number: 0,
      read_number: 0,
      mentions: 0,
      ...(!whole && known),
      ...news,
    });
  }
  return topics;
}

/**
 * The room with its numbers as this page knows them: its own room's follow its own lines.
 * @param {State} state
 * @param {OwnRoom} room
 */
function numbers(state, room) {
  return room.name === state.room.name
    ? { last: state.lastNumber, read: state.readNumber, deleted: deletedAfter(state, state.readNumber) }
    : { last: room.last_number, read: room.read_number, deleted: room.deleted ?? 0 };
}

/**
 * While the room is shown its numbers follow its lines. From now on they are told, like those of the
 * others.
 * @param {State} state
 */
export function keepNumbers(state) {
  const { room, rooms, lastNumber, readNumber } = state;
  const known = rooms.get(room.name);
  if (!known) return;
  rooms.set(room.name, {
    ...known,
    last_number: Math.max(known.last_number, lastNumber),
    read_number: readNumber,
    deleted: deletedAfter(state, readNumber),
  });
}

/** @param {State} state @param {OwnRoom} room how many posts are unread there */
export function unreadOf(state, room) {
  const { last, read, deleted } = numbers(state, room);
  return Math.max(0, last - read - deleted);
}

/** @param {State} state @param {OwnRoom} room in how many unread posts there one is called */
export const mentionsOf = (state, room) => Math.min(unreadOf(state, room), room.mentions);

/**
 * What a badge counts: mentions, and every post of a conversation.
 * @param {State} state
 * @param {OwnRoom} room
 */
export const badgeOf = (state, room) =>
  isConversation(room) ? unreadOf(state, room) : mentionsOf(state, room);

/** @param {State} state @returns {{badge: number, unread: boolean}} of all rooms together */
export function unreadTotals(state) {
  let badge = 0;
  let unread = false;
  for (const room of state.rooms.values()) {
    badge += badgeOf(state, room);
    unread ||= unreadOf(state, room) > 0;
  }
  return { badge, unread };
}

/** As a badge shows it. @param {number} count */
export const short = (count) => (count < 1000 ? String(count) : "999+");
