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
 * What `unread` holds: all rooms where it is whole, else those that changed, with the fields that changed.
 * @typedef {object} Told
 * @property {(Partial<OwnRoom> & {name: string})[]} rooms
 * @property {boolean} [whole]
 * @property {import("./types.js").Invitation[]} [invitations]
 * @property {import("./types.js").Outcome[]} [outcomes]
 * @property {string[]} [ignored]
 * @property {number} [site_reports]
 * @property {import("./types.js").Held[]} [held]
 * @property {number} [notices]
 * @property {{name: string, count: number}[]} [asking]
 * @property {number} [newcomers]
 */

/**
 * The event `unread`, to the room that is shown.
 * @param {State} state
 * @param {Told} event
 * @returns {Topic[]}
 */
export function receiveUnread(state, event) {
  const { rooms, whole = false, invitations = [], outcomes = [], ignored = [] } = event;
  const before = state.rooms;
  const topics = /** @type {Topic[]} */ (["rooms"]);
  if (whole) {
    state.rooms = new Map([...before].filter(([name]) => name === state.room.name));
    state.invitations = invitations;
    state.site.outcomes = outcomes;
    state.site.reports = event.site_reports ?? 0;
    state.site.held = event.held ?? [];
    state.site.notices = event.notices ?? 0;
    state.site.asking = askingIn(event.asking);
    state.site.newcomers = event.newcomers ?? 0;
    topics.push("notices");
    if ([...state.site.ignored].join(" ") !== ignored.join(" ")) topics.push("timeline");
    state.site.ignored = new Set(ignored);
  }
  for (const told of rooms) {
    const news = withOwnName(state, told);
    const known = before.get(news.name);
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
  return [...topics, ...receiveOwn(state, event)];
}

/**
 * The event `notices`.
 * @param {State} state
 * @param {{count: number, new?: import("./types.js").Call[]}} event
 * @returns {Topic[]}
 */
export function receiveNotices({ site }, event) {
  site.notices = event.count;
  site.calls = event.new ?? [];
  return ["notices"];
}

/**
 * The room by the name that it has in this page.
 * @template {{name: string}} Room
 * @param {State} state
 * @param {Room} told
 */
const withOwnName = (state, told) =>
  told.name === state.address ? { ...told, name: state.room.name } : told;

/**
 * What `unread` tells of the room itself.
 * @param {State} state
 * @param {Told} event
 * @returns {Topic[]}
 */
export function receiveOwn(state, { rooms, whole = false }) {
  const news = rooms.map((told) => withOwnName(state, told)).find(({ name }) => name === state.room.name);
  const topics = /** @type {Topic[]} */ ([]);
  if (news?.read_number !== undefined) {
    readElsewhere(state, news.read_number, news.times_back, whole);
    topics.push("reading", "timeline");
  }
  if (news?.title !== undefined && news.title !== state.room.title) {
    // Whose names a conversation shows changes with its members.
    state.room = { ...state.room, title: news.title };
    topics.push("room");
  }
  return topics;
}

/**
 * The room with its numbers as this page knows them: those of rooms that are entered follow their
 * lines.
 * @param {State} state
 * @param {OwnRoom} room
 */
function numbers(state, room) {
  const found =
    room.name === state.room.name
      ? state
      : [...state.site.entered].find((one) => [one.room.name, one.address].includes(room.name));
  return found
    ? { last: found.lastNumber, read: found.readNumber, deleted: deletedAfter(found, found.readNumber) }
    : { last: room.last_number, read: room.read_number, deleted: room.deleted ?? 0 };
}

/**
 * While the room is entered its numbers follow its lines. From now on they are told, like those of the
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

/** @param {OwnRoom} room @returns {string} the level that was chosen and holds, empty for the usual */
const levelOf = ({ level = "", level_until: until }) =>
  until && Date.parse(until) <= Date.now() ? "" : level;

/** @param {OwnRoom} room whether one wants to hear nothing of it */
export const isMuted = (room) => levelOf(room) === "none";

/**
 * What a badge counts: mentions, and every post of a conversation.
 * @param {State} state
 * @param {OwnRoom} room
 */
export function badgeOf(state, room) {
  if (isMuted(room) || (room.kind === "direct" && state.site.ignored.has(room.title))) return 0;
  const isAll = isConversation(room) && levelOf(room) !== "mentions";
  return isAll ? unreadOf(state, room) : mentionsOf(state, room);
}

/** @param {State} state @returns {{badge: number, unread: boolean}} of all rooms together */
export function unreadTotals(state) {
  let badge = 0;
  let unread = false;
  for (const room of state.rooms.values()) {
    badge += badgeOf(state, room);
    unread ||= !isMuted(room) && unreadOf(state, room) > 0;
  }
  return { badge, unread };
}

/** By the name of the room. @param {{name: string, count: number}[]} [asking] */
export const askingIn = (asking = []) => new Map(asking.map(({ name, count }) => [name, count]));

/** @param {OwnRoom} room how many reports wait there for one's answer */
export const reportsOf = ({ reports = 0 }) => reports;

/** As a badge shows it. @param {number} count */
export const short = (count) => (count < 1000 ? String(count) : "999+");
