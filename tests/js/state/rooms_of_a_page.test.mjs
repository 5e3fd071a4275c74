/** Several rooms in one page: what they share, and what is left of one that isn't shown any more. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore, initial, newSite } from "../../../static/js/state/store.js";
import { unreadOf, unreadTotals } from "../../../static/js/state/unread.js";
import { AT, embedded, look, post, posts, present } from "../support.mjs";

const LISTED = { kind: "open", title: "", last_number: 0, read_number: 0, mentions: 0 };

/**
 * @param {import("../../../static/js/state/store.js").Site} site
 * @param {string} name
 * @param {object} [fields]
 */
function open(site, name, fields = {}) {
  const rooms = ["lobby", "garden"].map((one) => ({ ...LISTED, name: one, title: one }));
  const page = embedded({ room: { name, topic: "", kind: "open" }, rooms, ...fields });
  return createStore(initial(page, AT, site), () => {});
}

test("the rooms and invitations are the same for all", () => {
  const site = newSite();
  const [lobby, garden] = [open(site, "lobby"), open(site, "garden")];
  garden.receive({
    type: "unread",
    whole: true,
    rooms: [{ ...LISTED, name: "lobby", last_number: 4 }],
    invitations: [{ name: "attic", title: "Attic", topic: "", kind: "closed", inviter: "bob", at: AT }],
  });
  assert.equal(lobby.state.rooms, garden.state.rooms);
  assert.deepEqual([...lobby.state.rooms.keys()], ["garden", "lobby"]);
  assert.equal(lobby.state.invitations.length, 1);
  assert.equal(garden.state.rooms.get("lobby")?.last_number, 4);
});

test("what was read in a room that is left isn't unread in the next", () => {
  const site = newSite();
  const lobby = open(site, "lobby", { messages: posts(1, 3), last_seq: 3, last_number: 3, read_number: 1 });
  lobby.dispatch({ type: "attention", focused: true });
  look(lobby, 1, 3, true);
  lobby.receive(post(4));
  look(lobby, 1, 4, true);
  const garden = open(site, "garden");
  lobby.dispatch({ type: "left" });
  const { state } = garden;
  assert.deepEqual(unreadTotals(state), { badge: 0, unread: false });
  garden.receive({ type: "unread", rooms: [{ name: "lobby", last_number: 6 }] });
  assert.equal(unreadOf(state, present(state.rooms.get("lobby"))), 2);
});

test("what isn't read stays so, and is marked when the room is shown again", () => {
  const site = newSite();
  const lobby = open(site, "lobby", { messages: posts(1, 9), last_seq: 9, last_number: 9, read_number: 2 });
  lobby.dispatch({ type: "attention", focused: true });
  look(lobby, 3, 5);
  const garden = open(site, "garden");
  lobby.dispatch({ type: "left" });
  assert.equal(unreadOf(garden.state, present(garden.state.rooms.get("lobby"))), 4);
  assert.equal(lobby.state.newAfter, 5);
  assert.equal(lobby.state.focused, false);
});

test("what comes before one looks again is new, also at the end", () => {
  const lobby = open(newSite(), "lobby", {
    ...{ messages: posts(1, 3), last_seq: 3, last_number: 3, read_number: 3 },
  });
  lobby.dispatch({ type: "attention", focused: true });
  look(lobby, 1, 3, true);
  lobby.dispatch({ type: "left" });
  assert.equal(lobby.state.newAfter, null);
  for (const line of posts(4, 6)) lobby.receive(line);
  look(lobby, 1, 6, true);
  assert.equal(lobby.state.newAfter, 3);
  assert.equal(lobby.state.readNumber, 3);
});

test("what is fleeting ends", () => {
  const lobby = open(newSite(), "lobby");
  lobby.receive({ type: "typing", name: "bob" });
  lobby.dispatch({ type: "toasted", text: "Message deleted.", undo: 3 });
  lobby.dispatch({ type: "left" });
  assert.equal(lobby.state.typing.size, 0);
  assert.deepEqual(lobby.state.toasts, []);
});

const HELLO = {
  ...{ type: "hello", you: { name: "alice", role: "owner" }, may: [], commands: [], epoch: "e1" },
  last_seq: 0,
};

/** @param {ReturnType<typeof open>} store @param {string} name @param {number} last */
const enter = (store, name, last) =>
  store.receive({ ...HELLO, room: { name, topic: "", kind: "open" }, last_number: last });

test("a room that is entered and not shown counts by its own lines", () => {
  const site = newSite();
  const lobby = open(site, "lobby", { messages: posts(1, 3), last_seq: 3, last_number: 3, read_number: 3 });
  enter(lobby, "lobby", 3);
  lobby.dispatch({ type: "left" });
  const { state } = open(site, "garden");
  const unread = () => unreadOf(state, present(state.rooms.get("lobby")));
  assert.equal(unread(), 0);
  lobby.receive(post(4));
  lobby.receive(post(5));
  assert.equal(unread(), 2);
  lobby.receive({ type: "changed", of: 5, seq: 6, number: 5, kind: "post", author: "bob", deleted: true });
  assert.equal(unread(), 1);
  // Its last post isn't told while it is entered, and from then on it is.
  lobby.dispatch({ type: "exited" });
  assert.equal(unread(), 1);
  lobby.receive(post(7));
  state.rooms.set("lobby", { ...present(state.rooms.get("lobby")), last_number: 9, deleted: 1 });
  assert.equal(unread(), 5);
});

test("it counts so by its new name as well", () => {
  const site = newSite();
  const lobby = open(site, "lobby", { messages: posts(1, 3), last_seq: 3, last_number: 3, read_number: 3 });
  enter(lobby, "foyer", 3);
  lobby.dispatch({ type: "left" });
  const garden = open(site, "garden");
  const foyer = { ...LISTED, name: "foyer", last_number: 3, read_number: 3 };
  garden.receive({ type: "unread", whole: true, rooms: [foyer] });
  lobby.receive(post(4));
  assert.equal(unreadOf(garden.state, present(garden.state.rooms.get("foyer"))), 1);
});

test("one that was left for good counts as it is told", () => {
  const site = newSite();
  const lobby = open(site, "lobby");
  enter(lobby, "lobby", 0);
  lobby.dispatch({ type: "ended", code: 4501, reason: "" });
  const { state } = open(site, "garden");
  state.rooms.set("lobby", { ...LISTED, name: "lobby", last_number: 2 });
  assert.equal(unreadOf(state, present(state.rooms.get("lobby"))), 2);
});

test("what is read elsewhere is read in a room that isn't shown", () => {
  const site = newSite();
  const lobby = open(site, "lobby", { messages: posts(1, 9), last_seq: 9, last_number: 9, read_number: 2 });
  enter(lobby, "lobby", 9);
  lobby.dispatch({ type: "left" });
  const garden = open(site, "garden");
  const event = { type: "unread", rooms: [{ name: "lobby", read_number: 7 }] };
  garden.receive(event);
  lobby.dispatch({ ...event, type: "told" });
  assert.equal(lobby.state.readNumber, 7);
  assert.equal(unreadOf(garden.state, present(garden.state.rooms.get("lobby"))), 2);
});

test("a mark is told before what it is about: after a break all rooms come first", () => {
  const site = newSite();
  const lobby = open(site, "lobby", { messages: posts(1, 3), last_seq: 3, last_number: 3, read_number: 3 });
  lobby.receive({
    type: "unread",
    whole: true,
    rooms: [{ ...LISTED, name: "lobby", last_number: 8, read_number: 6 }],
  });
  assert.equal(lobby.state.readNumber, 3);
  enter(lobby, "lobby", 8);
  for (const line of posts(4, 8)) lobby.receive(line);
  lobby.receive({ type: "caught_up", seq: 8 });
  assert.equal(lobby.state.readNumber, 6);
  assert.equal(lobby.state.readKnown, 6);
});

test("what one has set back stays so when the room is entered again", () => {
  const lobby = open(newSite(), "lobby", {
    ...{ messages: posts(1, 9), last_seq: 9, last_number: 9, read_number: 9 },
  });
  enter(lobby, "lobby", 9);
  lobby.dispatch({ type: "unread_from", number: 5 });
  lobby.dispatch({ type: "marked", number: 4, back: true });
  lobby.receive({ type: "caught_up", seq: 9 });
  assert.equal(lobby.state.readNumber, 4);
  lobby.receive({ type: "unread", rooms: [{ name: "lobby", read_number: 4, times_back: 1 }] });
  lobby.receive({ type: "caught_up", seq: 9 });
  assert.equal(lobby.state.readNumber, 4);
});

test("a mark that was on its way to a room that the server closed is said again", () => {
  const lobby = open(newSite(), "lobby", {
    ...{ messages: posts(1, 3), last_seq: 3, last_number: 3, read_number: 1 },
    rooms: [{ ...LISTED, name: "lobby", last_number: 3, read_number: 1 }],
  });
  enter(lobby, "lobby", 3);
  lobby.dispatch({ type: "attention", focused: true });
  look(lobby, 1, 3, true);
  lobby.dispatch({ type: "marked", number: 3 });
  assert.equal(lobby.state.readKnown, 3);
  lobby.dispatch({ type: "connection", connection: "connecting" });
  assert.equal(lobby.state.readKnown, 1);
  assert.equal(lobby.state.readNumber, 3);
});
