/** What each thing that happens in the page does to the state. */
import { insert, settle, trim } from "./lines.js";
import { expireTyping } from "./people.js";
import { noteMembers } from "./presence.js";
import { readOn, unreadFrom, updateMarks } from "./reading.js";
import { toast } from "./toasts.js";
import { keepNumbers, receiveOwn } from "./unread.js";
import { setNames } from "../words/names.js";

/**
 * @typedef {import("./store.js").State} State
 * @typedef {import("./types.js").Line} Line
 * @typedef {import("./types.js").Pending} Pending
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./types.js").Topic} Topic
 */

/** @type {Record<string, (state: State, action: any) => Topic[]>} */
export const actions = {
  /** The socket's state. `connection` is connecting, connected, offline or blocked. */
  connection(state, { connection }) {
    if (state.connection === connection) return [];
    state.connection = connection;
    // A mark that was on its way is said again.
    const told = state.rooms.get(state.room.name)?.read_number ?? 0;
    if (connection === "connected") return ["status", "timeline"];
    state.readKnown = Math.min(state.readKnown, told);
    // Who comes back is told again who is here.
    state.viewers.clear();
    return ["status", "timeline", "members"];
  },

  /** The server ended this page's access. */
  ended(state, { reason, code }) {
    state.site.entered.delete(state);
    Object.assign(state, { ended: { reason, code }, connection: "offline" });
    return ["ended", "status", "timeline"];
  },

  /** A message was written, or restored after a reload. */
  written(state, { entry }) {
    if (state.pending.some((one) => one.nonce === entry.nonce)) return [];
    state.pending.push({ stage: "waiting", ...entry });
    return ["timeline", "status"];
  },

  /** An entry was sent, or waits again because the connection was lost: `stage` says which. */
  staged(state, { nonces, stage, reason }) {
    for (const entry of state.pending) {
      if (nonces.includes(entry.nonce)) Object.assign(entry, { stage, reason });
    }
    return ["timeline", "status"];
  },

  /** Something of a file that is on its way did change. */
  file_changed(state, { nonce, key, changes }) {
    const entry = state.pending.find((one) => one.nonce === nonce);
    if (!entry?.files) return [];
    entry.files = entry.files.map((file) => (file.key === key ? { ...file, ...changes } : file));
    return ["timeline", "status"];
  },

  /** The author discarded an entry. */
  discarded(state, { nonce }) {
    settle(state, (entry) => entry.nonce === nonce);
    return ["timeline", "status"];
  },

  /** The wait that the server asked for is over. */
  released(state) {
    state.held = false;
    return ["status", "timeline"];
  },

  /** These posts are to be shown, whoever wrote them. */
  uncovered(state, { from, to }) {
    for (let number = from; number <= to; number += 1) state.uncovered.add(number);
    return ["timeline"];
  },

  dismissed(state, { id }) {
    state.notices = state.notices.filter((notice) => notice.id !== id);
    return ["timeline"];
  },

  /** A page older than the oldest line. */
  older(state, { messages, more }) {
    const first = state.lines[0]?.seq ?? Infinity;
    const page = messages.filter(
      (/** @type {Line} */ line) => line.seq < first && line.seq >= state.clearedSeq,
    );
    state.lines.unshift(...page);
    state.more = more;
    if (first === Infinity && page.length)
      state.lastNumber = Math.max(
        state.lastNumber,
        ...page.map((/** @type {Line} */ line) => line.number ?? 0),
      );
    trim(state);
    return ["timeline", "reading"];
  },

  /** A page newer than the newest line, while live ones aren't put in. */
  later(state, { messages, more }) {
    for (const line of messages) if (line.seq >= state.clearedSeq) insert(state, line);
    // The page may be older than what the socket brought: load again until nothing is newer.
    state.newer = more || (messages.length > 0 && (state.lines.at(-1)?.seq ?? 0) < state.lastSeq);
    trim(state);
    return ["timeline", "reading"];
  },

  /**
   * Another page in place of everything: the latest, or the one around a post, and then `newer`
   * says whether there is more below.
   */
  replaced(state, { messages, more, newer = false }) {
    // A pinned message may be kept though the history begins after it, unless it was cleared away.
    const keepsPins = state.clearedSeq === (state.room.first_seq ?? 0);
    const page = messages.filter(
      (/** @type {Line} */ line) => line.seq >= state.clearedSeq || (keepsPins && line.pinned),
    );
    Object.assign(state, { lines: page, more, newer: newer || (page.at(-1)?.seq ?? 0) < state.lastSeq });
    // Nothing of it has been on screen yet.
    Object.assign(state, { view: null, seen: null, atBottom: false });
    return ["timeline", "reading"];
  },

  /** A change of a post was requested. */
  amendment_requested(state, { amendment }) {
    if (state.amendments.some((one) => one.nonce === amendment.nonce)) return [];
    state.amendments.push(amendment);
    return ["timeline", "pins"];
  },

  /** Requests were superseded, refused or given up. */
  amendments_dropped(state, { nonces }) {
    if (!nonces.length) return [];
    state.amendments = state.amendments.filter((amendment) => !nonces.includes(amendment.nonce));
    return ["timeline", "pins"];
  },

  /** Shows a toast; `undo` is the number of the post whose deletion can be undone. */
  toasted: (state, { text, undo }) => toast(state, text, undo),

  untoasted(state, { id }) {
    state.toasts = state.toasts.filter((one) => one.id !== id);
    return ["toasts"];
  },

  /** The pinned posts, as the server has them. */
  pins(state, { messages }) {
    state.pins = messages;
    return ["pins"];
  },

  /** The composer answers a post, or none: `number` is null. */
  replying(state, { number }) {
    Object.assign(state, { replying: number, editing: null });
    return ["composing", "timeline"];
  },

  /** The composer edits a post, or none: `number` is null. */
  editing(state, { number }) {
    Object.assign(state, { editing: number, replying: null });
    return ["composing", "timeline"];
  },

  members(state, { members, askedAt, version }) {
    state.members = new Map(members.map((/** @type {Member} */ member) => [member.name, member]));
    noteMembers(state, version);
    state.membersStale = false;
    setNames(members, askedAt);
    return ["members"];
  },

  /** The connection was away for long: statuses may have changed. */
  absence_ended(state) {
    state.statuses.clear();
    state.membersStale = true;
    return [];
  },

  /** Removes those whose last typing event is too old. `now` in ms. */
  typing_expired: (state, { now }) => (expireTyping(state, now) ? ["typing"] : []),

  /** Whether the page has the focus. */
  attention(state, { focused }) {
    if (focused === state.focused) return [];
    state.focused = focused;
    updateMarks(state);
    return ["reading"];
  },

  /** The room isn't shown any more, and may be again: what is fleeting ends. */
  left(state) {
    Object.assign(state, { focused: false, toasts: [] });
    state.newAfter = state.lastNumber > state.readNumber ? state.readNumber : null;
    state.typing.clear();
    keepNumbers(state);
    return ["rooms", "timeline", "toasts", "typing"];
  },

  /** The room isn't entered any more: its numbers are told, like those of the others. */
  exited(state) {
    if (state.site.entered.delete(state)) keepNumbers(state);
    return ["rooms"];
  },

  /** What `unread` tells of this room, while another one is shown. */
  told: (state, event) => receiveOwn(state, event),

  /** What is on screen: lines from one seq to another, posts from one number to another. */
  viewed(state, { view, seen, atBottom }) {
    const same =
      view?.first === state.view?.first &&
      view?.last === state.view?.last &&
      seen?.highest === state.seen?.highest;
    if (same && seen?.lowest === state.seen?.lowest && atBottom === state.atBottom) return [];
    Object.assign(state, { view, seen, atBottom });
    updateMarks(state);
    return ["reading"];
  },

  unread_from(state, { number }) {
    unreadFrom(state, number);
    return ["timeline", "reading"];
  },

  read_on(state) {
    if (!readOn(state)) return [];
    updateMarks(state);
    return ["reading"];
  },

  /** The mark was sent to the server. */
  marked(state, { number, back }) {
    state.readKnown = number;
    if (back) state.backsSent++;
    return [];
  },
};
