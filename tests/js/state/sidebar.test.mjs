/**
 * The state of the sidebar: unread counts of other rooms, typing, statuses; and the order of the
 * switcher.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { dotOf, nextEnd, outranks, statusOf, TYPING_TIMEOUT } from "../../../static/js/state/people.js";
import { rank, tierOf } from "../../../static/js/composing/ranking.js";
import { recentsOf } from "../../../static/js/local/recents.js";
import { typingText } from "../../../static/js/words/typing.js";
import { lobby, memoryStorage, post, present } from "../support.mjs";

/** @typedef {import("../support.mjs").Store} Store */
import { mentionsOf, short, unreadTotals, unreadOf } from "../../../static/js/state/unread.js";

const LATER = new Date(Date.now() + 3_600_000).toISOString();

const room = (/** @type {string} */ name, fields = {}) => ({
  name,
  kind: "open",
  title: name,
  last_number: 0,
  read_number: 0,
  mentions: 0,
  ...fields,
});

/** @param {object} [fields] */
function sidebar(fields = {}) {
  return lobby({
    members: [
      { name: "alice", role: "owner", present: true },
      { name: "bob", role: "member", present: true, status: "away", status_text: "lunch" },
      { name: "carol", role: "member", present: false },
    ],
    rooms: [
      room("lobby"),
      room("garden", { last_number: 5, read_number: 3, mentions: 1 }),
      room("direct.1", { kind: "direct", title: "bob", last_number: 4 }),
    ],
    online: { version: 5, names: ["bob"], whole: true },
    ...fields,
  });
}

/** @param {Store} store @param {string} name */
function countsOf({ state }, name) {
  const found = present(state.rooms.get(name));
  return [unreadOf(state, found), mentionsOf(state, found)];
}

/** The page has the focus and shows the end of the timeline. @param {Store} store */
function look(store) {
  store.dispatch({ type: "attention", focused: true });
  store.dispatch({ type: "viewed", view: null, seen: null, atBottom: true });
}

test("what is unread is a subtraction; mentions and conversations call", () => {
  const store = sidebar();
  assert.deepEqual(
    [countsOf(store, "garden"), countsOf(store, "direct.1")],
    [
      [2, 1],
      [4, 0],
    ],
  );
  assert.deepEqual(unreadTotals(store.state), { badge: 5, unread: true });
});

test("news of some rooms touches those and their named fields alone", () => {
  const store = sidebar();
  store.receive({
    type: "unread",
    rooms: [
      { name: "garden", last_number: 9 },
      { name: "direct.1", read_number: 4 },
    ],
  });
  assert.deepEqual(
    [countsOf(store, "garden"), countsOf(store, "direct.1")],
    [
      [6, 1],
      [0, 0],
    ],
  );
  store.receive({ type: "unread", rooms: [{ name: "garden", read_number: 9, mentions: 0 }] });
  assert.deepEqual(unreadTotals(store.state), { badge: 0, unread: false });
});

test("what is deleted doesn't count, until that is taken back", () => {
  const store = sidebar();
  store.receive({ type: "unread", rooms: [{ name: "garden", deleted: 1 }] });
  assert.deepEqual(countsOf(store, "garden"), [1, 1]);
  store.receive({ type: "unread", rooms: [{ name: "garden", deleted: 2, mentions: 0 }] });
  assert.deepEqual(countsOf(store, "garden"), [0, 0]);
  store.receive({ type: "unread", rooms: [{ name: "garden", deleted: 0 }] });
  assert.equal(countsOf(store, "garden")[0], 2);
  // Where all is told, nothing is deleted unless it says so.
  store.receive({ type: "unread", rooms: [{ name: "garden", deleted: 2 }] });
  store.receive({ type: "unread", whole: true, rooms: [room("garden", { last_number: 5, read_number: 3 })] });
  assert.equal(countsOf(store, "garden")[0], 2);
});

test("in the open room what is deleted doesn't count either", () => {
  const store = sidebar();
  for (const seq of [1, 2, 3]) store.receive(post(seq));
  const gone = { type: "changed", of: 2, number: 2, text: "" };
  store.receive({ ...post(4), ...gone, deleted: true });
  assert.equal(countsOf(store, "lobby")[0], 2);
  store.receive({ ...post(5), ...gone });
  assert.equal(countsOf(store, "lobby")[0], 3);
});

test("the whole of it takes rooms away, but never the one that is open", () => {
  const store = sidebar();
  store.receive({ type: "unread", whole: true, rooms: [room("attic", { last_number: 1 })] });
  assert.deepEqual([...store.state.rooms.keys()].sort(), ["attic", "lobby"]);
});

test("the open room's own number follows its own lines and its own mark", () => {
  const store = sidebar();
  store.receive(post(1));
  store.receive(post(2));
  assert.equal(countsOf(store, "lobby")[0], 2);
  look(store);
  assert.equal(countsOf(store, "lobby")[0], 0);
});

test("what another device has read is read here, and it may go back", () => {
  const store = sidebar();
  for (const seq of [1, 2, 3]) store.receive(post(seq));
  store.receive({ type: "unread", rooms: [{ name: "lobby", read_number: 3 }] });
  assert.deepEqual([store.state.readNumber, countsOf(store, "lobby")[0]], [3, 0]);
  store.receive({ type: "unread", rooms: [{ name: "lobby", read_number: 1, mentions: 1, times_back: 1 }] });
  assert.deepEqual([store.state.readNumber, countsOf(store, "lobby")], [1, [2, 1]]);
});

test("a mark that is behind what was read here meanwhile changes nothing", () => {
  const store = sidebar();
  for (const seq of [1, 2, 3]) store.receive(post(seq));
  look(store);
  store.receive({ type: "unread", rooms: [{ name: "lobby", read_number: 2 }] });
  assert.equal(store.state.readNumber, 3);
});

test("who types is shown until they stop, post, or aren't heard of", () => {
  const store = sidebar();
  const typing = () => [...store.state.typing.keys()];
  for (const name of ["alice", "bob", "carol"]) store.receive({ type: "typing", name, on: true });
  assert.deepEqual(typing(), ["bob", "carol"]);
  store.receive({ type: "typing", name: "carol", on: false });
  store.receive(post(1));
  assert.deepEqual(typing(), []);
  store.receive({ type: "typing", name: "bob" });
  const since = present(store.state.typing.get("bob"));
  store.dispatch({ type: "typing_expired", now: since + TYPING_TIMEOUT - 1 });
  assert.deepEqual(typing(), ["bob"]);
  store.dispatch({ type: "typing_expired", now: since + TYPING_TIMEOUT });
  assert.deepEqual(typing(), []);
});

test("typing in words", () => {
  assert.deepEqual([[], ["bob"], ["bob", "carol"], ["bob", "carol", "dave"]].map(typingText), [
    "",
    "bob is typing…",
    "bob and carol are typing…",
    "Several people are typing…",
  ]);
});

test("a status is what was heard last, and outlives coming and going", () => {
  const store = sidebar();
  const dots = () => ["alice", "bob", "carol", "dave"].map((name) => dotOf(store.state, name));
  assert.deepEqual(dots(), ["here", "away", "gone", "unknown"]);
  assert.equal(statusOf(store.state, "bob").text, "lunch");
  store.receive({ type: "presence", name: "bob", status: "dnd", until: LATER });
  store.receive({ type: "presence", name: "dave", status: "away" });
  assert.deepEqual(dots(), ["here", "dnd", "gone", "away"]);
  store.receive({ type: "online", version: 6, offline: ["bob"] });
  assert.equal(dotOf(store.state, "bob"), "gone");
  store.receive({ type: "online", version: 7, names: ["bob"] });
  assert.equal(dotOf(store.state, "bob"), "dnd");
  store.receive({ type: "presence", name: "bob", status: "" });
  assert.deepEqual([dotOf(store.state, "bob"), statusOf(store.state, "bob").text], ["here", ""]);
});

test("a status ends at its time", () => {
  const store = sidebar();
  store.receive({
    type: "presence",
    name: "bob",
    status: "dnd",
    until: new Date(Date.now() - 1).toISOString(),
  });
  assert.deepEqual([dotOf(store.state, "bob"), nextEnd(store.state)], ["here", Infinity]);
  store.receive({ type: "presence", name: "bob", status: "dnd", until: LATER });
  assert.equal(nextEnd(store.state), Date.parse(LATER));
});

test("what was said while the connection was away for long is asked for", () => {
  const store = sidebar();
  store.receive({ type: "presence", name: "bob", status: "dnd" });
  store.dispatch({ type: "absence_ended" });
  assert.equal(store.state.membersStale, true);
  store.dispatch({ type: "members", members: [{ name: "bob", role: "member", present: true }] });
  assert.equal(dotOf(store.state, "bob"), "here");
});

test("the notice of a command that the page gave by itself isn't shown", () => {
  const store = sidebar();
  store.receive({ type: "notice", text: "You are away.", nonce: "quiet-1" });
  assert.equal(store.state.notices.length, 0);
  store.receive({ type: "error", code: "bad_usage", text: "Usage: /dnd", nonce: "quiet-1" });
  assert.deepEqual(
    store.state.notices.map((notice) => notice.text),
    ["Usage: /dnd"],
  );
});

test("nobody acts on their like", () => {
  assert.deepEqual(
    [
      outranks("owner", "moderator"),
      outranks("moderator", "moderator"),
      outranks("member", "owner"),
      outranks("", "member"),
    ],
    [true, false, false, false],
  );
});

test("how well a title matches", () => {
  assert.deepEqual(
    ["garden", "gar", "tea", "eapot", "gtp", "zz", "e"].map((typed) =>
      tierOf(typed, typed === "garden" || typed === "gar" ? "garden" : "garden-teapot"),
    ),
    [0, 1, 2, 3, 4, Infinity, Infinity],
  );
});

test("the switcher: match first, then what calls, what is unread, what was used last", () => {
  /** @typedef {import("../../../static/js/composing/ranking.js").Candidate} Candidate */
  const open = (/** @type {string} */ name, fields = {}) =>
    /** @type {Candidate} */ ({ kind: "open", name, title: name, ...fields });
  const titles = (/** @type {string} */ query, /** @type {Candidate[]} */ list) =>
    rank(query, list).map((one) => one.title);
  const rooms = [
    open("attic"),
    open("cellar", { visited: 1 }),
    open("garden", { visited: 0, current: true }),
    open("kitchen", { unread: 4 }),
    open("lounge", { visited: 2 }),
    open("office", { unread: 1, badge: 1 }),
  ];
  assert.deepEqual(titles("", rooms), ["office", "kitchen", "cellar", "lounge", "attic", "garden"]);
  assert.deepEqual(titles("k", [open("k2", { badge: 1 }), open("k"), open("book-k", { badge: 9 })]), [
    "k",
    "k2",
    "book-k",
  ]);
  /** @type {Candidate[]} */
  const mixed = [
    open("bobs-room"),
    { kind: "person", name: "bob", title: "bob" },
    { kind: "group", name: "g", title: "bob, carol" },
  ];
  assert.deepEqual(titles("@bob", mixed), ["bob", "bob, carol"]);
  assert.deepEqual(titles("#bob", mixed), ["bobs-room"]);
  assert.deepEqual(titles("nobody", mixed), []);
});

test("the rooms one was in last, each once, and not for ever", () => {
  const storage = memoryStorage();
  for (const number of [...Array(100).keys(), 50])
    recentsOf(storage, "alice", "visited").use(`room-${number}`);
  const visited = recentsOf(storage, "alice", "visited").ranks();
  assert.deepEqual(
    [visited.size, visited.get("room-50"), visited.get("room-99"), visited.get("room-1")],
    [60, 0, 1, undefined],
  );
  assert.deepEqual(recentsOf(storage, "bob", "visited").all(), []);
});

test("a badge has room for three digits", () => {
  assert.deepEqual([short(7), short(999), short(1000)], ["7", "999", "999+"]);
});
