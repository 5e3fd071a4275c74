/**
 * What each event of the server does to the state: one reducer for each event of docs/protocol.md.
 */
import { insert, isMissing, settle, trim } from "./lines.js";
import { isOnline, receiveOnline, receiveViewing } from "./presence.js";
import { updatePins, settleAmendments } from "./overlay.js";
import { receivePresence, receiveTyping, roleAfter } from "./people.js";
import { readElsewhere, updateDivider } from "./reading.js";
import { toast, toastAct } from "./toasts.js";
import { receiveNotices, receiveUnread } from "./unread.js";
import { secondsOf } from "../words/durations.js";
import { renamed } from "../words/names.js";

/** Private answers kept on the page. */
const KEEP_NOTICES = 30;
/** The prefix of the nonce of a command whose notice isn't shown among the messages. */
export const QUIET_PREFIX = "quiet-";
/** The nonce of what nobody waits for: it is well where it fails, as at a server of before an update. */
export const UNHEARD = "unheard-request";

/**
 * @typedef {import("./store.js").State} State
 * @typedef {import("./types.js").Line} Line
 * @typedef {import("./types.js").Topic} Topic
 */

const JOINED = new Set(["created", "joined", "readmitted"]);

/**
 * The members follow from the lines.
 * @param {State} state
 * @param {Line} line
 */
function updateMembers(state, line) {
  const { members } = state;
  const who = line.target ?? line.author;
  const known = members.get(who);
  if (JOINED.has(line.kind))
    members.set(who, { role: "member", ...known, name: who, present: isOnline(state, who) ?? false });
  else if (line.kind === "left" || line.kind === "killed" || line.kind === "banned") {
    members.delete(who);
    // What becomes of it isn't told here any more.
    state.statuses.delete(who);
  } else if (line.kind === "role" && known && line.role)
    members.set(who, { ...known, role: roleAfter(known.role, line.role) });
  else return false;
  return true;
}

/**
 * The room after a line of the kind `rights`, whose text is a right and who has it.
 * @param {State["room"]} room
 * @param {string} text
 * @returns {State["room"]}
 */
function withRight(room, text) {
  const [right, who] = text.split(" ");
  const { [right]: _, ...others } = room.rights ?? {};
  const isUsual = who === USUAL_RIGHTS[right] || (right === "post" && who === "moderators");
  const locked = right === "post" ? who !== "members" : Boolean(room.locked);
  return { ...room, locked, rights: isUsual ? others : { ...others, [right]: who } };
}

/** Who may do what in a room where nobody has chosen. @type {Record<string, string>} */
const USUAL_RIGHTS = {
  post: "members",
  invite: "usual",
  pin: "moderators",
  mention: "usual",
  topic: "moderators",
};

/**
 * How the room is kept follows from the lines.
 * @param {State} state
 * @param {Line} line
 */
function updateModes(state, { kind, text }) {
  const { room } = state;
  if (kind === "slow") state.room = { ...room, slow: text === "off" ? 0 : secondsOf(text) };
  else if (kind === "locked" || kind === "unlocked") state.room = { ...room, locked: kind === "locked" };
  else if (kind === "kind") state.room = { ...room, kind: text };
  else if (kind === "picture") state.room = { ...room, picture: Number(text) };
  else if (kind === "history") {
    const { hides_past, ...others } = room;
    state.room = text === "all" ? others : { ...others, hides_past: true };
    // What was hidden is loaded when one scrolls there.
    state.more ||= text === "all" && Boolean(hides_past);
  } else if (kind === "rights") state.room = withRight(room, text);
  else if (kind === "archived" || kind === "unarchived")
    state.room = { ...room, archived: kind === "archived" };
  else if (kind === "retention") state.room = { ...room, kept_days: parseInt(text) || 0 };
  else return false;
  return true;
}

/**
 * Forgets the history: the timeline loads the page before its oldest line, now the latest page.
 * @param {State} state
 * @param {{seq: number}} event
 * @returns {Topic[]}
 */
function reloaded(state, { seq }) {
  Object.assign(state, { lines: [], notices: [], more: true, newer: false, lastSeq: seq, clearedSeq: 0 });
  state.resets += 1;
  return ["timeline"];
}

/** A private line at the present end of the timeline. @param {State} state @param {string} text */
function addNotice(state, text) {
  state.notices.push({
    id: (state.noticesMade += 1),
    text,
    at: new Date().toISOString(),
    after: state.lastSeq,
  });
  if (state.notices.length > KEEP_NOTICES) state.notices.shift();
}

/** @type {Record<string, (state: State, event: any) => Topic[]>} */
export const reducers = {
  hello(state, event) {
    Object.assign(state, {
      // Under the name with which the page was opened: the room's former addresses lead to it.
      room: { ...event.room, name: state.room.name },
      address: event.room.name,
      you: event.you,
      may: event.may,
      commands: event.commands,
      connection: "connected",
      held: false,
    });
    if (event.epoch !== state.epoch) {
      // Another history (a restored backup): its numbers may be lower than those seen here.
      Object.assign(state, {
        epoch: event.epoch,
        lastNumber: event.last_number,
        bottomNumber: event.last_number,
        newAfter: null,
      });
      state.site.presence.clear();
      state.readKnown = state.readNumber = Math.min(state.readNumber, event.last_number);
    }
    state.lastNumber = Math.max(state.lastNumber, event.last_number ?? 0);
    state.site.entered.add(state);
    const { first_seq: before = 0 } = event.room;
    if (before > state.clearedSeq) reducers.expired(state, { before, number: 0, pinned: true });
    return ["status", "timeline", "room", "commands", "reading"];
  },

  message(state, event) {
    // The line of a command may come before its receipt, which has the number of its act.
    state.told = state.pending.find((entry) => event.nonce && entry.nonce === event.nonce) ?? state.told;
    settle(state, (entry) => entry.nonce === event.nonce || entry.seq === event.seq);
    if (event.seq <= state.lastSeq && !isMissing(state, event)) return ["timeline", "status"];
    state.lastSeq = Math.max(state.lastSeq, event.seq);
    const topics = /** @type {Topic[]} */ (["timeline", "reading", "status"]);
    if (event.number) {
      updateDivider(state, event.author === state.you.name);
      state.lastNumber = Math.max(state.lastNumber, event.number);
    }
    if (event.kind === "topic" || event.kind === "title") {
      state.room = { ...state.room, [event.kind]: event.text };
      topics.push("room");
    }
    if (event.kind === "name") state.address = event.text;
    if (updateModes(state, event)) topics.push("room");
    // What was cleared away is there again.
    if (event.kind === "uncleared") return [...reloaded(state, event), ...topics];
    if (updateMembers(state, event)) topics.push("members");
    // The author isn't typing any more, and neither is a removed member.
    if (state.typing.delete(event.author) || (event.target && state.typing.delete(event.target)))
      topics.push("typing");
    if (!state.newer) insert(state, event);
    trim(state);
    return topics;
  },

  changed(state, event) {
    const { type, of, ...rest } = event;
    const line = { ...rest, seq: of, changed: event.seq };
    const index = state.lines.findIndex((one) => one.number === event.number);
    // The row's key is the nonce that it had, or none.
    if (index >= 0) state.lines[index] = { ...line, nonce: state.lines[index].nonce };
    else reducers.message(state, line);
    state.lastSeq = Math.max(state.lastSeq, event.seq);
    settleAmendments(state);
    return updatePins(state, line)
      ? ["timeline", "reading", "status", "pins"]
      : ["timeline", "reading", "status"];
  },

  cleared(state, event) {
    if (event.seq <= state.clearedSeq) return [];
    state.clearedSeq = event.seq;
    state.lastSeq = Math.max(state.lastSeq, event.seq);
    state.lines = state.lines.filter((line) => line.seq > event.seq);
    state.lines.unshift({
      seq: event.seq,
      kind: "cleared",
      author: event.author,
      text: event.text,
      at: event.at,
    });
    Object.assign(state, { more: false, newer: false, newAfter: null, notices: [], pins: state.pins && [] });
    // What is gone can't be unread.
    state.readNumber = state.bottomNumber = state.lastNumber;
    state.readHeld = false;
    return ["timeline", "reading", "pins"];
  },

  expired(state, { before, number, pinned }) {
    state.room = { ...state.room, first_seq: before };
    state.clearedSeq = Math.max(state.clearedSeq, before);
    const kept = state.lines.filter((line) => line.seq >= before);
    if (kept.length < state.lines.length) Object.assign(state, { lines: kept, more: false });
    state.pins = state.pins && state.pins.filter((line) => pinned || line.seq >= before);
    // What is gone can't be unread.
    state.readNumber = Math.max(state.readNumber, number);
    return ["timeline", "reading", "pins", "room"];
  },

  receipt(state, event) {
    const amendment = state.amendments.find((one) => one.nonce === event.nonce);
    if (amendment) {
      // It is shown as done until the change itself has come.
      amendment.seq = event.seq;
      settleAmendments(state);
      // It is undone as an act then.
      const told = state.toasts.find((one) => amendment.type === "delete" && one.undo === amendment.number);
      if (told && event.act) told.acts = [event.act];
      return ["timeline", "pins"];
    }
    const entry = state.pending.find((one) => one.nonce === event.nonce);
    const asked = entry ?? (state.told?.nonce === event.nonce ? state.told : undefined);
    const topics = event.act && asked ? toastAct(state, asked.text, event.act) : [];
    if (!entry) return topics;
    // A command's line, or a post that is already here, needs no pending entry; otherwise it stays
    // until its post comes.
    if (event.number === undefined || event.seq <= state.lastSeq) settle(state, (one) => one === entry);
    else Object.assign(entry, { stage: "stored", seq: event.seq });
    state.held = false;
    return ["timeline", "status", ...topics];
  },

  notice(state, event) {
    // The page sent the command itself and shows the answer elsewhere.
    if (event.nonce?.startsWith(QUIET_PREFIX)) return [];
    if (event.nonce) settle(state, (entry) => entry.nonce === event.nonce);
    addNotice(state, event.text);
    return ["timeline", "status"];
  },

  error(state, event) {
    if (event.nonce === UNHEARD) return [];
    const entry = state.pending.find((one) => one.nonce === event.nonce);
    if (state.amendments.some((amendment) => amendment.nonce === event.nonce)) {
      if (event.code === "rate_limited" || event.code === "unavailable") return [];
      state.amendments = state.amendments.filter((amendment) => amendment.nonce !== event.nonce);
      return ["timeline", "pins", ...toast(state, event.text)];
    }
    if (!entry) {
      addNotice(state, event.text);
    } else if (event.code === "rate_limited" || event.code === "unavailable") {
      // A late answer sends nothing out of order: what is refused already stays so.
      if (entry.stage !== "refused") entry.stage = "waiting";
      state.held = true;
    } else {
      Object.assign(entry, { stage: "refused", code: event.code, reason: event.text });
    }
    return ["timeline", "status"];
  },

  caught_up(state, event) {
    state.lastSeq = Math.max(state.lastSeq, event.seq);
    settle(state, (entry) => entry.seq !== undefined && entry.seq <= event.seq);
    settleAmendments(state);
    // The mark was told before what it is about.
    const known = state.rooms.get(state.room.name);
    if (known) readElsewhere(state, known.read_number, known.times_back);
    return ["timeline", "status", "reading"];
  },

  reset(state, event) {
    reloaded(state, event);
    state.membersStale = true;
    settle(state, (entry) => entry.stage === "stored");
    state.amendments = state.amendments.filter((amendment) => !amendment.seq);
    return ["timeline", "members"];
  },

  unread: receiveUnread,
  notices: receiveNotices,
  typing: receiveTyping,
  presence: receivePresence,
  online: receiveOnline,
  viewing: receiveViewing,
  person(_state, event) {
    renamed(event);
    return ["timeline"];
  },
  pong: () => [],
};
