/** Who is online, as the page has it: told by events with versions, the same for all its rooms. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { dotOf } from "../../../static/js/state/people.js";
import { isOnline } from "../../../static/js/state/presence.js";
import { createStore, initial, newSite } from "../../../static/js/state/store.js";
import { lobby } from "../support.mjs";

/** @typedef {import("../../../static/js/state/store.js").Store} Store */

const members = [
  { name: "alice", role: "owner", present: true },
  { name: "bob", role: "member", present: false },
];
const rooms = [
  { name: "direct.1", kind: "direct", title: "carol", last_number: 0, read_number: 0, mentions: 0 },
];

const page = (/** @type {object} */ fields = {}) =>
  lobby({ members, rooms, online: { version: 5, whole: true }, ...fields });

/** @param {Store} store @param {string[]} names */
const dots = ({ state }, ...names) => names.map((name) => dotOf(state, name));

test("what the page begins with, and what is told since", () => {
  const store = page({ online: { version: 5, names: ["carol"], whole: true } });
  assert.deepEqual(dots(store, "bob", "carol", "dave"), ["gone", "here", "unknown"]);
  store.receive({ type: "online", version: 6, names: ["bob"], offline: ["carol"] });
  assert.deepEqual(dots(store, "bob", "carol"), ["here", "gone"]);
  assert.equal(store.state.members.get("bob")?.present, true, "completion asks the members");
});

test("what is older than what is known changes nothing", () => {
  const store = page();
  store.receive({ type: "online", version: 8, names: ["bob"] });
  store.receive({ type: "online", version: 7, offline: ["bob"] });
  store.dispatch({ type: "members", members, version: 7, askedAt: 0 });
  assert.deepEqual([dots(store, "bob"), store.state.members.get("bob")?.present], [["here"], true]);
  store.dispatch({ type: "members", members, version: 9, askedAt: 0 });
  assert.deepEqual(dots(store, "bob"), ["gone"]);
});

test("the whole of it is about the people of conversations alone", () => {
  const store = page();
  store.receive({ type: "online", version: 6, names: ["bob", "carol"] });
  store.receive({ type: "online", version: 7, whole: true });
  assert.deepEqual(dots(store, "bob", "carol"), ["here", "gone"]);
});

test("one's own dot needs no word of the server", () => {
  const store = page();
  store.receive({ type: "online", version: 6, offline: ["alice"] });
  assert.deepEqual(dots(store, "alice"), ["here"]);
});

test("who joins is as they were told to be, before or after", () => {
  const store = page();
  const joins = (/** @type {number} */ seq, /** @type {string} */ author) =>
    store.receive({ type: "message", seq, kind: "joined", author, text: "", at: "2026-11-21T09:00:00Z" });
  store.receive({ type: "online", version: 6, names: ["dave"] });
  joins(1, "dave");
  joins(2, "eve");
  assert.deepEqual(dots(store, "dave", "eve"), ["here", "gone"]);
  store.receive({ type: "online", version: 6, names: ["eve"] });
  assert.deepEqual(dots(store, "eve"), ["here"]);
});

test("the rooms of a page know the same", () => {
  const site = newSite();
  const embedded = {
    ...{ room: { name: "garden", kind: "open", title: "" }, you: { name: "alice" }, may: [], epoch: "e" },
    ...{ last_seq: 0, last_number: 0, read_number: 0, messages: [], more: false, members, commands: [] },
    ...{ invitations: [], online: { version: 5, whole: true } },
  };
  const [one, other] = [1, 2].map(() => createStore(initial(embedded, undefined, site), () => {}));
  one.receive({ type: "online", version: 6, names: ["bob"] });
  assert.equal(dotOf(other.state, "bob"), "here");
  // A page that was made before isn't newer.
  initial(embedded, undefined, site);
  assert.equal(isOnline(one.state, "bob"), true);
});

test("another history counts its versions anew", () => {
  const store = page();
  store.receive({ type: "online", version: 800, names: ["bob"] });
  store.receive({
    ...{ type: "hello", room: { name: "lobby" }, you: { name: "alice" }, may: [], commands: [] },
    ...{ epoch: "restored", last_number: 0, last_seq: 0 },
  });
  store.receive({ type: "online", version: 3, offline: ["bob"] });
  assert.deepEqual(dots(store, "bob"), ["gone"]);
});
