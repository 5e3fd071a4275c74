/**
 * The state of the room page. Only reducers.js (one entry for each event of the server) and
 * actions.js (one for each thing that happens in the page) change it. Each names the topics that it
 * touched; watchers are called once a frame, however many events came.
 */
import { actions } from "./actions.js";
import { noteMembers, receiveOnline } from "./presence.js";
import { reducers } from "./reducers.js";
import { askingIn } from "./unread.js";

/**
 * @typedef {import("./types.js").Line} Line
 * @typedef {import("./types.js").Amendment} Amendment
 * @typedef {import("./types.js").Toast} Toast
 * @typedef {import("./types.js").Pending} Pending
 * @typedef {import("./types.js").Notice} Notice
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./types.js").OwnRoom} OwnRoom
 * @typedef {import("./types.js").Command} Command
 * @typedef {import("./types.js").Topic} Topic
 * @typedef {import("./types.js").Event} Event
 * @typedef {ReturnType<typeof initial>} State
 * @typedef {ReturnType<typeof createStore>} Store
 */

/**
 * The page's own room, which may be missing from a long list.
 * @param {any} page
 * @returns {OwnRoom}
 */
function here({ room, last_number, read_number }) {
  return {
    name: room.name,
    kind: room.kind,
    title: room.title ?? room.name,
    last_number,
    read_number,
    mentions: 0,
  };
}

/**
 * What the rooms of a page have in common.
 * @typedef {object} Site
 * @property {Map<string, OwnRoom>} rooms one's own rooms and conversations by name, as `unread` tells
 *   of them
 * @property {import("./types.js").Invitation[]} invitations
 * @property {import("./types.js").Outcome[]} outcomes what became of one's reports, until one has seen it
 * @property {import("./types.js").Held[]} held one's own posts that wait for a moderator
 * @property {number} reports how many reports wait for those who run the site, if one does
 * @property {number} notices how many one hasn't read
 * @property {Map<string, number>} asking how many ask to be let into closed rooms where one may let them
 * @property {number} newcomers how many accounts wait for one's approval
 * @property {import("./types.js").Call[]} calls what called one a moment ago, the latest first
 * @property {Set<string>} ignored whose messages one doesn't want to see
 * @property {Map<string, {online: boolean, version: number}>} presence who is online, as last told
 * @property {Set<State>} entered the states of the rooms that are entered, shown or not: their lines
 *   tell how far they are
 */

/** @returns {Site} */
export const newSite = () => ({
  rooms: new Map(),
  invitations: [],
  outcomes: [],
  held: [],
  reports: 0,
  notices: 0,
  asking: new Map(),
  newcomers: 0,
  calls: [],
  ignored: new Set(),
  presence: new Map(),
  entered: new Set(),
});

/**
 * The state as the server embedded it in the page of a room.
 * @param {any} page
 * @param {string} [now]
 * @param {Site} [site] which it brings up to date
 */
export function initial(page, now = new Date().toISOString(), site = newSite()) {
  site.rooms = new Map([here(page), ...(page.rooms ?? [])].map((room) => [room.name, room]));
  site.invitations = page.invitations;
  site.outcomes = page.outcomes ?? [];
  site.reports = page.site_reports ?? 0;
  site.held = page.held ?? [];
  site.notices = page.notices ?? 0;
  site.asking = askingIn(page.asking);
  site.newcomers = page.newcomers ?? 0;
  site.ignored = new Set(page.ignored);
  const state = {
    /** Its parts `rooms` and `invitations` are of this state as well. */
    site,
    get rooms() {
      return site.rooms;
    },
    set rooms(rooms) {
      site.rooms = rooms;
    },
    get invitations() {
      return site.invitations;
    },
    set invitations(invitations) {
      site.invitations = invitations;
    },
    room: page.room,
    /** The room's first name, under which the browser keeps what is unsent. @type {string} */
    key: page.key,
    /** The name that the room has at the server, where it isn't any more the one of the page. */
    address: "",
    you: page.you,
    /** @type {string[]} the names of the permissions that one has here */
    may: page.may,
    epoch: page.epoch,
    openedAt: now,
    /** Everything up to here was seen on the socket or in the page. */
    lastSeq: page.last_seq,
    lastNumber: page.last_number,
    readNumber: page.read_number,
    clearedSeq: page.room.first_seq ?? 0,
    /** @type {Line[]} by seq, no seq twice */
    lines: [...page.messages],
    /** There is older history than `lines`. */
    more: page.more,
    /** There is newer history than `lines`: live ones aren't put in until it is loaded. */
    newer: page.newer ?? false,
    /** The post that the page was opened around. @type {number|null} */
    around: page.around ?? null,
    /** @type {Pending[]} in the order of writing */
    pending: /** @type {Pending[]} */ ([]),
    /** @type {Notice[]} */
    notices: /** @type {Notice[]} */ ([]),
    noticesMade: 0,
    /**
     * @type {Amendment[]} what was asked to be done to posts and isn't known to be done, in the
     *   order of asking
     */
    amendments: /** @type {Amendment[]} */ ([]),
    /** @type {Toast[]} */
    toasts: /** @type {Toast[]} */ ([]),
    toastsMade: 0,
    /** The last of `pending` whose line has come. @type {import("./types.js").Pending|null} */
    told: null,
    /** @type {Line[]|null} the pinned posts, newest first, once they were asked for */
    pins: /** @type {Line[]|null} */ (null),
    /** The number of the post that is being answered or edited in the composer. */
    replying: /** @type {number|null} */ (null),
    editing: /** @type {number|null} */ (null),
    /** @type {Map<string, Member>} */
    members: new Map(page.members.map((/** @type {Member} */ member) => [member.name, member])),
    membersStale: false,
    /** The names of those who have the room in front of them. @type {Set<string>} */
    viewers: new Set(),
    /** Who types, and when that was last heard, in ms. @type {Map<string, number>} */
    typing: new Map(),
    /**
     * Statuses that changed while the page was open.
     * @type {Map<string, import("./people.js").Status>}
     */
    statuses: new Map(),
    /** @type {Command[]} */
    commands: page.commands,
    connection: /** @type {"connecting"|"connected"|"offline"|"blocked"} */ ("connecting"),
    /** The server asked to wait before sending more. */
    held: false,
    /** @type {{reason: string, code: number}|null} why there is no coming back */
    ended: /** @type {{reason: string, code: number}|null} */ (null),
    /** The "New" line stands after this post. @type {number|null} */
    newAfter: page.last_number > page.read_number ? page.read_number : null,
    /** Both false until the page reports where the reader is. */
    focused: false,
    atBottom: false,
    /** The seqs of the first and last line on screen. @type {{first: number, last: number}|null} */
    view: /** @type {{first: number, last: number}|null} */ (null),
    /**
     * The numbers of the first and last post on screen.
     * @type {{lowest: number, highest: number}|null}
     */
    seen: /** @type {{lowest: number, highest: number}|null} */ (null),
    /** The mark stays where "unread from here" put it until the reader reads on. */
    readHeld: false,
    /** The read mark that the server has, as far as the page knows. */
    readKnown: page.read_number,
    /** How often that mark was set back. */
    timesBack: page.times_back ?? 0,
    /** How often this page has set it back and wasn't told of it yet. */
    backsSent: 0,
    /** The numbers of posts that are shown though their authors are ignored. @type {Set<number>} */
    uncovered: new Set(),
    /** Counts resets: requests from before one are void. */
    resets: 0,
    /** The newest post when the bottom was last seen. */
    bottomNumber: page.last_number > page.read_number ? page.read_number : page.last_number,
    /** Whether lines of kinds of the past are shown: who came and went. */
    past: Boolean(page.past),
  };
  if (page.online) {
    noteMembers(state, page.online.version);
    receiveOnline(state, page.online);
  }
  return state;
}

/** How many lines wait to be sent. @param {State} state */
export const waiting = (state) =>
  state.pending.filter((entry) => entry.stage === "waiting" || entry.stage === "sent").length;

/**
 * @param {State} state
 * @param {(render: () => void) => void} nextFrame
 */
export function createStore(state, nextFrame) {
  /** @type {Set<{topics: Topic[], show: () => void}>} */
  const watchers = new Set();
  /** @type {Set<(event: Event) => void>} */
  const hearers = new Set();
  /** @type {Set<Topic>} */
  let touched = new Set();

  const render = () => {
    const topics = touched;
    touched = new Set();
    for (const watcher of watchers) if (watcher.topics.some((topic) => topics.has(topic))) watcher.show();
  };

  return {
    state,
    /**
     * Applies an event of the server. Unknown ones are ignored: the protocol grows by adding.
     * @param {Event} event
     */
    receive(event) {
      if (Object.hasOwn(reducers, event.type)) this.touch(...reducers[event.type](state, event));
      for (const heard of hearers) heard(event);
    },
    /** Applies an action of the page. @param {Event} action */
    dispatch(action) {
      this.touch(...actions[action.type](state, action));
    },
    /** Shows the topics again. @param {Topic[]} topics */
    touch(...topics) {
      if (!topics.length) return;
      if (!touched.size) nextFrame(render);
      for (const topic of topics) touched.add(topic);
    },
    /**
     * Calls `heard` with each event of the server after it was applied.
     * @param {(event: Event) => void} heard
     * @param {AbortSignal} signal the end of it
     */
    hear(heard, signal) {
      hearers.add(heard);
      signal.addEventListener("abort", () => hearers.delete(heard));
    },
    /** Those that are called after changes. */
    watchers,
    /**
     * Calls `show` after topics changed, at most once a frame.
     * @param {Topic[]} topics
     * @param {() => void} show
     * @param {AbortSignal} signal the end of it
     */
    watch(topics, show, signal) {
      if (signal.aborted) return;
      const watcher = { topics, show };
      watchers.add(watcher);
      signal.addEventListener("abort", () => watchers.delete(watcher));
    },
  };
}
