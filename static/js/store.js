/**
 * The state of the room page and the only place where it changes. `reducers` has one entry for each event of the server,
 * `actions` one for each thing that happens in the page itself. Each changes the state and names the topics that it touched;
 * who shows them is told once per frame, however many events came.
 */

/** The timeline keeps so many lines while it follows the bottom: some screens of scrolling without a request. */
export const KEEP_FOLLOWING = 300;
/** Trimming waits for so many more, so that a busy room trims now and then and not with each message. */
const TRIM_SLACK = 50;
/** ... and so many at most while someone reads further up; beyond it the newest are left out and loaded again on the way down. */
export const KEEP_READING = 1500;
/** Private answers kept on the page. */
const KEEP_NOTICES = 30;

/**
 * @typedef {{seq: number, number?: number, kind: string, author: string, text: string, at: string,
 *            html?: string, target?: string, nonce?: string, deleted?: boolean, changed?: number}} Line `changed`: the seq of a change
 * @typedef {{nonce: string, text: string, at: string, stage: "waiting"|"sent"|"stored"|"refused",
 *            seq?: number, code?: string, reason?: string}} Pending
 * @typedef {{id: number, text: string, at: string, after: number}} Notice
 * @typedef {{name: string, role: string, present: boolean}} Member
 * @typedef {{name: string, usage: string, help: string, aliases: string[]}} Command
 * @typedef {"timeline"|"members"|"status"|"room"|"commands"|"reading"|"ended"} Topic
 * @typedef {ReturnType<typeof initial>} State
 * @typedef {ReturnType<typeof createStore>} Store
 * @typedef {{type: string, [field: string]: any}} Event
 */

/** The state as the server embedded it in the page. @param {any} page @param {string} now */
export function initial(page, now = new Date().toISOString()) {
  return {
    room: page.room,
    you: page.you,
    epoch: page.epoch,
    openedAt: now,
    /** Everything up to here was seen on the socket or in the page. */
    lastSeq: page.last_seq,
    lastNumber: page.last_number,
    readNumber: page.read_number,
    clearedSeq: 0,
    /** @type {Line[]} by seq, no seq twice */
    lines: [...page.messages],
    /** There is older history than `lines`. */
    more: page.more,
    /** There is newer history than `lines`: live ones aren't put in until it is loaded. */
    newer: false,
    /** @type {Pending[]} in the order of writing */
    pending: /** @type {Pending[]} */ ([]),
    /** @type {Notice[]} */
    notices: /** @type {Notice[]} */ ([]),
    noticesMade: 0,
    /** @type {Map<string, Member>} */
    members: new Map(page.members.map((/** @type {Member} */ member) => [member.name, member])),
    membersStale: false,
    /** @type {Command[]} */
    commands: page.commands,
    connection: /** @type {"connecting"|"connected"|"offline"} */ ("connecting"),
    /** The server asked to wait with what is unsent. */
    held: false,
    /** @type {{reason: string, code: number}|null} why there is no coming back */
    ended: /** @type {{reason: string, code: number}|null} */ (null),
    /** The "New" line stands after this post. @type {number|null} */
    newAfter: page.last_number > page.read_number ? page.read_number : null,
    /** Both false until the page has said where the reader looks. */
    focused: false,
    atBottom: false,
    /** Counts resets: what was asked for before one is worth nothing after it. */
    resets: 0,
    /** The newest post when the bottom was last seen. */
    bottomNumber: page.last_number > page.read_number ? page.read_number : page.last_number,
  };
}

const PRESENT = new Set(["created", "joined", "came"]);

/** Which members are here follows from the lines themselves. @param {State} state @param {Line} line */
function follow(state, line) {
  const { members } = state;
  const who = line.target ?? line.author;
  const known = members.get(who);
  if (PRESENT.has(line.kind)) members.set(who, { name: who, role: known?.role ?? "member", present: true });
  else if (line.kind === "went" && known) members.set(who, { ...known, present: false });
  else if (line.kind === "left" || line.kind === "killed") members.delete(who);
  else if (line.kind === "invited" && !known) members.set(who, { name: who, role: "member", present: false });
  else if (line.kind === "role") state.membersStale = true;
  else return false;
  return true;
}

/** Where a line belongs; live ones nearly always at the end, so look from there. @param {Line[]} lines @param {number} seq */
function placeFor(lines, seq) {
  let place = lines.length;
  while (place > 0 && lines[place - 1].seq > seq) place -= 1;
  return place;
}

/** @param {State} state @param {Line} line */
function insert(state, line) {
  const place = placeFor(state.lines, line.seq);
  if (state.lines[place - 1]?.seq === line.seq) state.lines[place - 1] = line;
  else state.lines.splice(place, 0, line);
}

/** What was changed while one was away comes after lines that stand below it. @param {State} state @param {Line} line */
function isMissing({ lines, more, newer, clearedSeq }, { seq }) {
  const place = placeFor(lines, seq);
  if (seq < clearedSeq || !lines.length || lines[place - 1]?.seq === seq) return false;
  return place === 0 ? !more : place < lines.length || !newer;
}

const FOLDED = new Set(["joined", "came", "went", "left"]);

/**
 * Bounds the lines. Comings and goings are folded into one line each run, so they don't count until they are very many.
 * @param {State} state
 */
function trim(state) {
  const { lines } = state;
  if (!state.atBottom) {
    if (lines.length <= KEEP_READING) return;
    state.newer = true;
    lines.length = KEEP_READING;
    return;
  }
  if (state.newer || lines.length <= KEEP_FOLLOWING + TRIM_SLACK) return;
  let kept = 0;
  let first = lines.length;
  while (first > 0 && kept < KEEP_FOLLOWING && lines.length - first < KEEP_READING) {
    first -= 1;
    if (!FOLDED.has(lines[first].kind)) kept += 1;
  }
  if (first === 0) return;
  lines.splice(0, first);
  state.more = true;
}

/** Moves the marks of what was seen, if the end of the history is before someone's eyes. @param {State} state */
function see(state) {
  if (!state.atBottom || state.newer) return;
  state.bottomNumber = state.lastNumber;
  if (state.focused) state.readNumber = Math.max(state.readNumber, state.lastNumber);
}

/** Takes away the twins of what has arrived. @param {State} state @param {(entry: Pending) => boolean} arrived */
function settle(state, arrived) {
  state.pending = state.pending.filter((entry) => !arrived(entry));
}

/** A private line at the present end of the timeline. @param {State} state @param {string} text */
function privately(state, text) {
  state.notices.push({ id: (state.noticesMade += 1), text, at: new Date().toISOString(), after: state.lastSeq });
  if (state.notices.length > KEEP_NOTICES) state.notices.shift();
}

/** @type {Record<string, (state: State, event: any) => Topic[]>} one for each event of docs/protocol.md */
export const reducers = {
  hello(state, event) {
    Object.assign(state, { room: event.room, you: event.you, commands: event.commands, connection: "connected", held: false });
    if (event.epoch !== state.epoch) {
      // Another history (a restored backup): its numbers may be lower than those seen here.
      Object.assign(state, { epoch: event.epoch, lastNumber: event.last_number, bottomNumber: event.last_number, newAfter: null });
      state.readNumber = Math.min(state.readNumber, event.last_number);
    }
    state.lastNumber = Math.max(state.lastNumber, event.last_number ?? 0);
    return ["status", "timeline", "room", "commands", "reading"];
  },

  message(state, event) {
    settle(state, (entry) => entry.nonce === event.nonce || entry.seq === event.seq);
    if (event.seq <= state.lastSeq && !isMissing(state, event)) return ["timeline", "status"];
    state.lastSeq = Math.max(state.lastSeq, event.seq);
    const topics = /** @type {Topic[]} */ (["timeline", "reading", "status"]);
    if (event.number) {
      const own = event.author === state.you.name;
      // Where one was away, the line stands before the first post that came meanwhile.
      if (own) state.newAfter = null;
      else if (!(state.focused && state.atBottom) && (state.newAfter ?? -1) < state.readNumber) state.newAfter = state.readNumber;
      state.lastNumber = Math.max(state.lastNumber, event.number);
    }
    if (event.kind === "topic") {
      state.room = { ...state.room, topic: event.text };
      topics.push("room");
    }
    if (follow(state, event)) topics.push("members");
    if (!state.newer) insert(state, event);
    trim(state);
    see(state);
    return topics;
  },

  changed(state, event) {
    const { type, of, ...rest } = event;
    const line = { ...rest, seq: of, changed: event.seq };
    const place = state.lines.findIndex((one) => one.number === event.number);
    // The key of its row is the nonce that it came with, or none.
    if (place >= 0) state.lines[place] = { ...line, nonce: state.lines[place].nonce };
    else reducers.message(state, line);
    state.lastSeq = Math.max(state.lastSeq, event.seq);
    return ["timeline", "reading", "status"];
  },

  cleared(state, event) {
    if (event.seq <= state.clearedSeq) return [];
    state.clearedSeq = event.seq;
    state.lastSeq = Math.max(state.lastSeq, event.seq);
    state.lines = state.lines.filter((line) => line.seq > event.seq);
    state.lines.unshift({ seq: event.seq, kind: "cleared", author: event.author, text: event.text, at: event.at });
    Object.assign(state, { more: false, newer: false, newAfter: null, notices: [] });
    // What is gone can't be unread.
    state.readNumber = state.bottomNumber = state.lastNumber;
    return ["timeline", "reading"];
  },

  receipt(state, event) {
    const entry = state.pending.find((one) => one.nonce === event.nonce);
    if (!entry) return [];
    // A command's line or a post that is already here needs no twin; else the twin stays until its post comes.
    if (event.number === undefined || event.seq <= state.lastSeq) settle(state, (one) => one === entry);
    else Object.assign(entry, { stage: "stored", seq: event.seq });
    state.held = false;
    return ["timeline", "status"];
  },

  notice(state, event) {
    if (event.nonce) settle(state, (entry) => entry.nonce === event.nonce);
    privately(state, event.text);
    return ["timeline", "status"];
  },

  error(state, event) {
    const entry = state.pending.find((one) => one.nonce === event.nonce);
    if (!entry) {
      privately(state, event.text);
    } else if (event.code === "rate_limited" || event.code === "unavailable") {
      entry.stage = "waiting";
      state.held = true;
    } else {
      Object.assign(entry, { stage: "refused", code: event.code, reason: event.text });
    }
    return ["timeline", "status"];
  },

  caught_up(state, event) {
    state.lastSeq = Math.max(state.lastSeq, event.seq);
    settle(state, (entry) => entry.seq !== undefined && entry.seq <= event.seq);
    return ["timeline", "status"];
  },

  reset(state, event) {
    // Forget the history; the timeline asks for the page before the oldest line it has, now the latest page of all.
    Object.assign(state, { lines: [], notices: [], more: true, newer: false, lastSeq: event.seq, clearedSeq: 0 });
    Object.assign(state, { resets: state.resets + 1, membersStale: true });
    settle(state, (entry) => entry.stage === "stored");
    return ["timeline", "members"];
  },

  pong: () => [],
};

/** @type {Record<string, (state: State, action: any) => Topic[]>} what happens in the page itself */
export const actions = {
  /** The socket's state. `connection` is connecting, connected or offline. */
  connection(state, { connection }) {
    if (state.connection === connection) return [];
    state.connection = connection;
    return ["status", "timeline"];
  },

  /** The server won't have this page back. */
  ended(state, { reason, code }) {
    Object.assign(state, { ended: { reason, code }, connection: "offline" });
    return ["ended", "status", "timeline"];
  },

  /** Something was written, or came back from before a reload. */
  written(state, { entry }) {
    if (state.pending.some((one) => one.nonce === entry.nonce)) return [];
    state.pending.push({ stage: "waiting", ...entry });
    return ["timeline", "status"];
  },

  /** An entry was handed to the socket, or taken back because the socket went away: `stage` says which. */
  staged(state, { nonces, stage, reason }) {
    for (const entry of state.pending) {
      if (nonces.includes(entry.nonce)) Object.assign(entry, { stage, reason });
    }
    return ["timeline", "status"];
  },

  /** The author gave an entry up. */
  discarded(state, { nonce }) {
    settle(state, (entry) => entry.nonce === nonce);
    return ["timeline", "status"];
  },

  /** The time that the server asked for is over. */
  released(state) {
    state.held = false;
    return ["status", "timeline"];
  },

  dismissed(state, { id }) {
    state.notices = state.notices.filter((notice) => notice.id !== id);
    return ["timeline"];
  },

  /** A page older than the oldest line. */
  older(state, { messages, more }) {
    const first = state.lines[0]?.seq ?? Infinity;
    const page = messages.filter((/** @type {Line} */ line) => line.seq < first && line.seq >= state.clearedSeq);
    state.lines.unshift(...page);
    state.more = more;
    if (first === Infinity && page.length) state.lastNumber = Math.max(state.lastNumber, ...page.map((/** @type {Line} */ line) => line.number ?? 0));
    trim(state);
    see(state);
    return ["timeline", "reading"];
  },

  /** A page newer than the newest line, while live ones aren't put in. */
  later(state, { messages, more }) {
    for (const line of messages) if (line.seq >= state.clearedSeq) insert(state, line);
    // The page may be older than what the socket brought meanwhile: then ask once again, until there is nothing.
    state.newer = more || (messages.length > 0 && (state.lines.at(-1)?.seq ?? 0) < state.lastSeq);
    if (state.lines.length > KEEP_READING) {
      state.lines.splice(0, state.lines.length - KEEP_READING);
      state.more = true;
    }
    see(state);
    return ["timeline", "reading"];
  },

  /** The latest page, in place of everything. */
  latest(state, { messages, more }) {
    const page = messages.filter((/** @type {Line} */ line) => line.seq >= state.clearedSeq);
    Object.assign(state, { lines: page, more, newer: (page.at(-1)?.seq ?? 0) < state.lastSeq });
    see(state);
    return ["timeline", "reading"];
  },

  members(state, { members }) {
    state.members = new Map(members.map((/** @type {Member} */ member) => [member.name, member]));
    state.membersStale = false;
    return ["members"];
  },

  /** Where the reader looks. */
  attention(state, { focused = state.focused, atBottom = state.atBottom }) {
    if (focused === state.focused && atBottom === state.atBottom) return [];
    Object.assign(state, { focused, atBottom });
    see(state);
    return ["reading"];
  },
};

/** How many lines wait to be sent. @param {State} state */
export const waiting = (state) => state.pending.filter((entry) => entry.stage === "waiting" || entry.stage === "sent").length;

/**
 * @param {State} state
 * @param {(render: () => void) => void} nextFrame
 */
export function createStore(state, nextFrame) {
  /** @type {{topics: Topic[], show: () => void}[]} */
  const readers = [];
  /** @type {Set<Topic>} */
  let touched = new Set();

  const render = () => {
    const topics = touched;
    touched = new Set();
    for (const reader of readers) if (reader.topics.some((topic) => topics.has(topic))) reader.show();
  };

  return {
    state,
    /** Applies an event of the server. Unknown ones are ignored: the protocol grows by adding. @param {Event} event */
    hear(event) {
      if (Object.hasOwn(reducers, event.type)) this.touch(...reducers[event.type](state, event));
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
    /** Calls `show` after topics changed, at most once a frame. @param {Topic[]} topics @param {() => void} show */
    watch(topics, show) {
      readers.push({ topics, show });
    },
  };
}
