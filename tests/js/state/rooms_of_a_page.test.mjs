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
