/**
 * Replays recordings of pages in the store of the page: node replay_state.mjs FILE. The file holds a
 * list; each entry has the page that it began with and what it was told, and the same of a page that
 * was loaded afterwards. Prints, for each, what both show: a list of [told, fresh].
 */
import { readFileSync } from "node:fs";

import { overlay } from "../../../static/js/state/overlay.js";
import { dotOf, statusOf } from "../../../static/js/state/people.js";
import { createStore, initial } from "../../../static/js/state/store.js";
import { mentionsOf, reportsOf, unreadOf } from "../../../static/js/state/unread.js";

/** @typedef {import("../../../static/js/state/store.js").Store} Store */
/** @typedef {import("../../../static/js/state/types.js").Line} Line */
/** @typedef {import("../../../static/js/state/types.js").Event} Event */

/** The reader looks at the end of the timeline, as who has just written does. @param {Store} store */
function lookAtEnd(store) {
  const { lines } = store.state;
  const numbers = lines.flatMap((line) => line.number ?? []);
  store.dispatch({ type: "attention", focused: true });
  store.dispatch({
    type: "viewed",
    view: { first: lines[0]?.seq, last: lines.at(-1)?.seq },
    seen: numbers.length ? { lowest: numbers[0], highest: numbers.at(-1) } : null,
    atBottom: true,
  });
  store.dispatch({ type: "attention", focused: false });
}

/** The reader has told how far they have read. @param {Store} store @param {Event} request */
function read(store, { number, back }) {
  if (back) {
    store.dispatch({ type: "unread_from", number: number + 1 });
  } else {
    // Where the page was told to go back, it reads no further until its reader does.
    store.dispatch({ type: "read_on" });
    lookAtEnd(store);
  }
  store.dispatch({ type: "marked", number, back });
}

/** @param {object} page @param {Event[]} told @param {any} fresh the page that is loaded afterwards */
function replay(page, told, fresh) {
  const store = createStore(initial(page), () => {});
  for (const event of told) {
    if (event.type === "read") read(store, event);
    else store.receive(event);
    if (event.type === "message" && event.number && event.author === store.state.you.name) lookAtEnd(store);
  }
  if (told.some((event) => event.kind === "uncleared"))
    store.dispatch({ type: "older", messages: fresh.messages, more: fresh.more });
  return store;
}

/** A line as it is shown: without what the page keeps for itself. @param {Line} line */
function shownLine({ seq, number, kind, author, text, at, html, target, reply_to, quote, ...rest }) {
  const { edited_at, deleted = false, reactions = [], pinned = false, files } = rest;
  const post = { number, html, reply_to, quote, edited_at, deleted, reactions, pinned, files };
  return { seq, kind, author, text, at, target, ...post };
}

/** What the page shows. @param {Store} store */
function shown({ state }) {
  const { you, may, commands, lastSeq, lastNumber, membersStale } = state;
  // A page keeps the name with which it was opened.
  const nameOf = (/** @type {string} */ name) => (name === state.room.name && state.address) || name;
  const modes = { slow: 0, locked: false, archived: false, rights: {}, hides_past: false };
  const room = { ...modes, ...state.room, name: nameOf(state.room.name) };
  const members = [...state.members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    room,
    you,
    may,
    commands,
    lastSeq,
    lastNumber,
    lines: state.lines.map(overlay(state)).map(shownLine),
    members: members.map(({ name, role }) => {
      return { name, role, dot: dotOf(state, name), ...statusOf(state, name) };
    }),
    "has to ask for the members": membersStale,
    rooms: Object.fromEntries(
      [...state.rooms.values()].map((own) => [
        nameOf(own.name),
        {
          archived: Boolean(own.archived),
          ...{ kind: own.kind, title: own.title, unread: unreadOf(state, own) },
          ...{ mentions: mentionsOf(state, own), dot: own.kind === "direct" && dotOf(state, own.title) },
          reports: reportsOf(own),
        },
      ]),
    ),
    invitations: state.invitations,
    outcomes: state.site.outcomes,
    held: state.site.held,
    ignored: [...state.site.ignored],
    typing: [...state.typing.keys()].sort(),
  };
}

const recordings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const answers = recordings.map((/** @type {any} */ one) => [
  shown(replay(one.page, one.told, one.fresh_page)),
  { ...shown(replay(one.fresh_page, one.fresh_told, one.fresh_page)), typing: one.typing },
]);
console.log(JSON.stringify(answers));
