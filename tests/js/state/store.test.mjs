/** The store: what each event does to the state of the room page. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { KEEP, SLACK } from "../../../static/js/state/lines.js";
import { reducers } from "../../../static/js/state/reducers.js";
import { createStore, waiting } from "../../../static/js/state/store.js";
import { AT, lobby, post } from "../support.mjs";

/** @typedef {import("../support.mjs").Store} Store */

/** A store of a page that has the focus and shows the end. @param {object} [fields] */
function watched(fields) {
  const store = lobby(fields);
  store.dispatch({ type: "attention", focused: true });
  store.dispatch({ type: "viewed", view: null, seen: null, atBottom: true });
  return store;
}

const seqs = (/** @type {Store} */ store) => store.state.lines.map((line) => line.seq);

test("a reducer for each event of the protocol, and no more", () => {
  const events = [
    "hello",
    "message",
    "changed",
    "cleared",
    "expired",
    "receipt",
    "notice",
    "notices",
    "error",
    "caught_up",
    "reset",
    "typing",
    "unread",
    "presence",
    "online",
    "viewing",
    "person",
    "pong",
  ];
  assert.deepEqual(Object.keys(reducers).sort(), events.sort());
});

test("events and fields that nobody knows are ignored", () => {
  const store = lobby();
  const before = JSON.stringify(store.state);
  store.receive({ type: "weather", sun: true });
  store.receive({ type: "constructor" });
  store.receive({ type: "connection", connection: "offline" }); // an action of the page, not an event
  store.receive({ type: "pong", extra: 1 });
  assert.equal(JSON.stringify(store.state), before);
});

test("what is unread elsewhere is merged, and the whole of it replaces what was", () => {
  const store = lobby();
  const garden = {
    name: "garden",
    kind: "open",
    title: "garden",
    last_number: 3,
    read_number: 1,
    mentions: 0,
  };
  const cellar = { ...garden, name: "cellar", kind: "closed", title: "cellar" };
  store.receive({ type: "unread", whole: true, rooms: [garden, cellar] });
  store.receive({ type: "unread", rooms: [{ name: "garden", last_number: 5 }] });
  assert.deepEqual(store.state.rooms.get("garden"), { ...garden, last_number: 5 });
  store.receive({ type: "unread", whole: true, rooms: [cellar] });
  // The open room stays: of very many it may not be among those that are told.
  assert.deepEqual([...store.state.rooms.keys()].sort(), ["cellar", "lobby"]);
});

test("a line that comes twice is there once", () => {
  const store = watched();
  for (const seq of [1, 2, 2, 1, 3]) store.receive(post(seq));
  assert.deepEqual(seqs(store), [1, 2, 3]);
  assert.equal(store.state.lastSeq, 3);
});

test("a post that was changed takes the place of what it was", () => {
  const store = watched();
  for (const seq of [1, 2]) store.receive(post(seq, seq === 1 ? { nonce: "n" } : {}));
  store.receive({ ...post(3), type: "changed", of: 1, number: 1, text: "new", edited_at: AT });
  const [line] = store.state.lines;
  assert.deepEqual([line.seq, line.text, line.nonce, line.changed, line.edited_at], [1, "new", "n", 3, AT]);
  assert.deepEqual([seqs(store), store.state.lastSeq, store.state.lastNumber], [[1, 2], 3, 2]);
  store.receive({ ...post(4), type: "changed", of: 1, number: 1, text: "", deleted: true });
  assert.deepEqual(
    [store.state.lines[0].text, store.state.lines[0].deleted, store.state.lines[0].edited_at],
    ["", true, undefined],
  );
});

test("what was changed while one was away stands where it was said", () => {
  const store = watched();
  for (const seq of [1, 3]) store.receive(post(seq));
  store.receive(post(2)); // at the place of its change
  assert.deepEqual([seqs(store), store.state.lastSeq], [[1, 2, 3], 3]);
  store.receive({ ...post(6), type: "changed", of: 5, number: 5, text: "never seen before" });
  assert.deepEqual([seqs(store), store.state.lastSeq, store.state.lastNumber], [[1, 2, 3, 5], 6, 5]);
});

test("a change above or below what is loaded waits for its page", () => {
  const store = watched({ messages: [post(10), post(11)], more: true, last_seq: 11, last_number: 11 });
  store.receive({ ...post(12), type: "changed", of: 4, number: 4 });
  assert.deepEqual([seqs(store), store.state.lastSeq], [[10, 11], 12]);
});

test("the pending twin goes when its post comes, whether the receipt is first or last", () => {
  for (const order of [
    ["receipt", "message"],
    ["message", "receipt"],
  ]) {
    const store = watched();
    store.dispatch({ type: "written", entry: { nonce: "n1", text: "hello", at: AT } });
    assert.equal(waiting(store.state), 1);
    /** @type {Record<string, import("../../../static/js/state/types.js").Event>} */
    const events = {
      receipt: { type: "receipt", nonce: "n1", seq: 1, number: 1 },
      message: post(1, { author: "alice", nonce: "n1" }),
    };
    for (const type of order) store.receive(events[type]);
    assert.deepEqual(store.state.pending, []);
    assert.deepEqual(seqs(store), [1]);
  }
});

test("the receipt of a command leaves nothing behind", () => {
  const store = watched();
  store.dispatch({ type: "written", entry: { nonce: "n1", text: "/topic x", at: AT } });
  store.receive({ type: "receipt", nonce: "n1", seq: 1 });
  assert.deepEqual(store.state.pending, []);
});

test("a refusal stays with its reason; to be asked to wait is none", () => {
  const store = watched();
  for (const nonce of ["n1", "n2"])
    store.dispatch({ type: "written", entry: { nonce, text: nonce, at: AT } });
  store.receive({ type: "error", code: "forbidden", text: "You are muted.", nonce: "n1" });
  store.receive({ type: "error", code: "rate_limited", text: "Slowly.", nonce: "n2", retry_after: 2 });
  assert.deepEqual(
    store.state.pending.map(({ stage, reason }) => [stage, reason]),
    [
      ["refused", "You are muted."],
      ["waiting", undefined],
    ],
  );
  assert.equal(store.state.held, true);
  assert.equal(waiting(store.state), 1);
});

test("who is a member follows from the lines", () => {
  const store = watched();
  /** @param {number} seq @param {string} kind @param {string} author @param {string} [target] */
  const service = (seq, kind, author, target) =>
    store.receive({ type: "message", seq, kind, author, text: "", at: AT, target });
  const shown = () =>
    [...store.state.members.values()].map(({ name, present }) => `${name}${present ? "+" : "-"}`);
  store.receive({ type: "online", version: 1, names: ["bob"] });
  service(1, "joined", "bob");
  service(2, "invited", "alice", "carol");
  assert.deepEqual(shown(), ["alice+", "bob+"]);
  service(3, "went", "bob");
  service(4, "joined", "carol");
  assert.deepEqual(shown(), ["alice+", "bob+", "carol-"], "came and went are of the past");
  service(5, "killed", "alice", "carol");
  service(6, "left", "bob");
  assert.deepEqual(shown(), ["alice+"]);
});

test("what somebody is follows from the lines as well", () => {
  const store = watched({
    members: ["alice", "bob", "root"].map((name) => ({
      name,
      role: { alice: "owner", root: "admin" }[name] ?? "member",
      present: true,
    })),
  });
  let seq = 0;
  const becomes = (/** @type {string} */ target, /** @type {string} */ role) => {
    seq += 1;
    store.receive({ type: "message", seq, kind: "role", author: "alice", text: "", at: AT, target, role });
    return store.state.members.get(target)?.role;
  };
  assert.equal(becomes("bob", "moderator"), "moderator");
  assert.equal(becomes("bob", "member"), "member");
  assert.equal(becomes("bob", "owner"), "owner");
  // The site's administrator is called so unless the room is theirs.
  assert.equal(becomes("root", "moderator"), "admin");
  assert.equal(becomes("root", "owner"), "owner");
  // Of many members the page doesn't know all.
  assert.equal(becomes("eve", "moderator"), undefined);
  assert.equal(store.state.membersStale, false, "nobody is asked for all of them");
});

test("what one may do is what the server has said last", () => {
  const store = lobby({ may: ["post"] });
  assert.deepEqual(store.state.may, ["post"]);
  const you = { name: "alice", role: "moderator" };
  store.receive({ type: "hello", epoch: "e1", room: {}, you, commands: [], may: ["pin", "post"] });
  assert.deepEqual(store.state.may, ["pin", "post"]);
});

test("clear takes everything before it, and a page that was on its way, too", () => {
  const store = watched();
  store.receive(post(1));
  store.receive({ type: "cleared", seq: 2, author: "alice", text: "alice cleared the history", at: AT });
  store.receive(post(3));
  store.dispatch({ type: "older", messages: [post(1)], more: true });
  assert.deepEqual(seqs(store), [2, 3]);
});

test("what the room keeps no more goes, and isn't unread", () => {
  const store = lobby({
    messages: [post(1), post(2), post(3)],
    last_seq: 3,
    last_number: 3,
    read_number: 0,
    more: true,
  });
  store.dispatch({ type: "pins", messages: [post(3), post(1)] });
  store.receive({ type: "expired", before: 3, number: 2, pinned: true });
  assert.deepEqual([seqs(store), store.state.more, store.state.readNumber], [[3], false, 2]);
  assert.equal(store.state.room.first_seq, 3);
  assert.equal(store.state.pins?.length, 2);
  // One of them, pinned, is changed, or was on its way.
  store.receive({ ...post(1, { text: "one" }), type: "changed", seq: 4, of: 1 });
  store.dispatch({ type: "older", messages: [post(2)], more: false });
  assert.deepEqual(seqs(store), [3]);
  const { you, room } = store.state;
  const hello = { type: "hello", epoch: store.state.epoch, you, commands: [], may: [], last_number: 3 };
  store.receive({ ...hello, room: { ...room, first_seq: 4 } });
  assert.deepEqual(seqs(store), []);
});

test("reset forgets the lines and asks for the page before nothing", () => {
  const store = watched({ messages: [post(1), post(2)], last_seq: 2, last_number: 2, read_number: 2 });
  store.receive({ type: "reset", seq: 900 });
  assert.deepEqual([seqs(store), store.state.more, store.state.lastSeq], [[], true, 900]);
  store.receive(post(901));
  store.dispatch({ type: "older", messages: [post(899), post(900), post(901)], more: true });
  assert.deepEqual(seqs(store), [899, 900, 901]);
});

test("another epoch takes its own numbers, though they are lower", () => {
  const store = watched({ last_seq: 50, last_number: 50, read_number: 50 });
  store.receive({
    type: "hello",
    room: store.state.room,
    you: store.state.you,
    commands: [],
    epoch: "e2",
    last_seq: 7,
    last_number: 7,
  });
  assert.deepEqual([store.state.epoch, store.state.lastNumber, store.state.readNumber], ["e2", 7, 7]);
});

test("the lines are bounded while following, and say that there is more", () => {
  const store = watched();
  for (let seq = 1; seq <= 2_000; seq += 1) store.receive(post(seq));
  assert.ok(store.state.lines.length <= KEEP + SLACK);
  assert.equal(store.state.lines.at(-1)?.seq, 2_000);
  assert.equal(store.state.more, true);
});

test("comings and goings don't push the posts out", () => {
  const store = watched();
  for (let seq = 1; seq <= 900; seq += 1)
    store.receive(post(seq, seq <= 10 ? {} : { kind: "came", number: undefined }));
  assert.equal(store.state.lines[0].seq, 1);
});

test("many events, one rendering", () => {
  let frames = 0;
  let shown = 0;
  let frame = () => {};
  const store = createStore(lobby().state, (render) => {
    frames += 1;
    frame = render;
  });
  store.watch(["timeline"], () => (shown += 1), new AbortController().signal);
  for (let seq = 1; seq <= 1_000; seq += 1) store.receive(post(seq));
  frame();
  assert.deepEqual([frames, shown], [1, 1]);
});

test("who types is known until they write, say that they don't, or leave", () => {
  const store = watched();
  const typing = () => [...store.state.typing.keys()];
  for (const name of ["bob", "carol", "dave"]) store.receive({ type: "typing", name, on: true });
  assert.deepEqual(typing(), ["bob", "carol", "dave"]);
  store.receive(post(1));
  assert.deepEqual(typing(), ["carol", "dave"]);
  store.receive({ type: "typing", name: "carol", on: false });
  store.receive({
    type: "message",
    seq: 2,
    kind: "killed",
    author: "alice",
    target: "dave",
    text: "",
    at: AT,
  });
  assert.deepEqual(typing(), []);
});

test("a page may begin around a post, with newer history than it holds", () => {
  const store = lobby({ messages: [post(5)], around: 5, newer: true, last_seq: 90, last_number: 90 });
  assert.deepEqual([store.state.around, store.state.newer], [5, true]);
  store.dispatch({ type: "attention", focused: true, atBottom: true });
  assert.equal(store.state.readNumber, 0, "what isn't shown isn't read");
  store.receive(post(91));
  assert.deepEqual(seqs(store), [5]);
});

test("what people say of themselves is what was heard last", () => {
  const store = lobby();
  store.receive({ type: "presence", name: "bob", status: "dnd", until: AT });
  store.receive({ type: "presence", name: "carol", status: "away", text: "lunch" });
  store.receive({ type: "presence", name: "bob", status: "" });
  assert.deepEqual(
    [...store.state.statuses],
    [
      ["bob", { status: "", text: "", until: "" }],
      ["carol", { status: "away", text: "lunch", until: "" }],
    ],
  );
});
