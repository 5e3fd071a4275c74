/**
 * Amendments: shown at once, sent until they are answered, undone when they are refused. What acts
 * on others is sent now or not at all.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Amendments } from "../../../static/js/sending/amendments.js";
import { layout } from "../../../static/js/state/layout.js";
import { AT, lobby, memoryStorage, mockTimeouts, post, present } from "../support.mjs";

/** @typedef {import("../../../static/js/state/types.js").Reaction} Reaction */

const PREFIX = "aiochat:asks:alice:lobby:";

/** A page with two posts of Bob's; `server(event)` is what the socket would bring. */
function open({
  storage = memoryStorage(),
  connected = true,
  messages = [post(1), post(2)],
  now = Date.parse(AT),
} = {}) {
  const last = messages.length;
  const store = lobby({ messages, last_seq: last, last_number: last, read_number: last, members: [] });
  store.dispatch({ type: "connection", connection: connected ? "connected" : "offline" });
  /** @type {import("../../../static/js/state/types.js").Amendment[]} */
  const sent = [];
  const line = { connected, now };
  const send = (/** @type {any} */ request) => line.connected && Boolean(sent.push(request));
  const amendments = new Amendments({ store, storage, send, prefix: PREFIX, now: () => line.now });
  const server = (/** @type {import("../../../static/js/state/types.js").Event} */ event) => {
    store.receive(event);
    amendments.received(event);
  };
  const changed = (/** @type {number} */ seq, /** @type {number} */ number, fields = {}) =>
    server({ ...post(number, fields), type: "changed", of: number, seq });
  const shown = (/** @type {number} */ number) =>
    present(layout(store.state).find((row) => row.line?.number === number)).line;
  const reactions = (/** @type {number} */ number) =>
    /** @type {Reaction[]} */ (shown(number).reactions ?? []).map(
      ({ emoji, names }) => `${emoji} ${names.join(" ")}`,
    );
  return { amendments, store, state: store.state, sent, storage, line, server, changed, shown, reactions };
}

/** One of the page's own posts. @param {number} number */
const own = (number) => post(number, { author: "alice" });
const thumb = (/** @type {boolean} */ on, number = 1) => ({ type: "react", number, emoji: "👍", on });

test("is shown before it is answered, and as it was told afterwards", async () => {
  const { amendments, state, sent, storage, server, changed, reactions } = open();
  const answer = amendments.request(thumb(true));
  assert.deepEqual(reactions(1), ["👍 alice"]);
  const [{ nonce, ...request }] = sent;
  assert.deepEqual([request, storage.kept.size], [thumb(true), 1]);
  server({ type: "receipt", nonce, seq: 3, number: 1 });
  assert.deepEqual([reactions(1), state.amendments.length, storage.kept.size], [["👍 alice"], 1, 0]);
  assert.equal((await answer).type, "receipt");
  changed(3, 1, { reactions: [{ emoji: "👍", names: ["carol", "alice"] }] });
  assert.deepEqual([reactions(1), state.amendments], [["👍 carol alice"], []]);
});

test("the change may come before its receipt", () => {
  const { amendments, state, sent, server, changed } = open();
  amendments.request(thumb(true));
  changed(3, 1, { reactions: [{ emoji: "👍", names: ["alice"] }] });
  server({ type: "receipt", nonce: sent[0].nonce, seq: 3, number: 1 });
  assert.deepEqual(state.amendments, []);
});

test("leaving a reaction takes the emoji away with the last one", () => {
  const { amendments, reactions } = open({
    messages: [
      post(1, {
        reactions: [
          { emoji: "👍", names: ["alice"] },
          { emoji: "🎉", names: ["bob", "alice"] },
        ],
      }),
    ],
  });
  amendments.request(thumb(false));
  amendments.request({ type: "react", number: 1, emoji: "🎉", on: false });
  assert.deepEqual(reactions(1), ["🎉 bob"]);
});

test("a refusal takes it back and says why", async () => {
  const { amendments, state, sent, storage, server, reactions } = open();
  const answer = amendments.request(thumb(true));
  server({ type: "error", nonce: sent[0].nonce, code: "too_many_reactions", text: "It is full." });
  assert.deepEqual([reactions(1), state.amendments, storage.kept.size], [[], [], 0]);
  assert.deepEqual(
    state.toasts.map(({ text }) => text),
    ["It is full."],
  );
  assert.deepEqual([(await answer).code, state.notices], ["too_many_reactions", []]);
});

test("to one post one after the other, to another at once", () => {
  const { amendments, sent, server } = open();
  amendments.request(thumb(true));
  amendments.request({ type: "pin", number: 1, on: true });
  amendments.request(thumb(true, 2));
  assert.deepEqual(
    sent.map(({ type, number }) => [type, number]),
    [
      ["react", 1],
      ["react", 2],
    ],
  );
  server({ type: "receipt", nonce: sent[0].nonce, seq: 3, number: 1 });
  assert.deepEqual(
    sent.map(({ type }) => type),
    ["react", "react", "pin"],
  );
});

test("a request made offline is sent once connected, and again if no answer came", () => {
  const { amendments, sent, line, server, shown } = open({ connected: false, messages: [own(1), post(2)] });
  amendments.request({ type: "delete", number: 1 });
  assert.deepEqual([sent, shown(1).deleted], [[], true]);
  line.connected = true;
  server({ type: "hello", epoch: "e", room: {}, you: { name: "alice" }, commands: [], last_number: 2 });
  assert.equal(sent.length, 1);
  server({ type: "hello", epoch: "e", room: {}, you: { name: "alice" }, commands: [], last_number: 2 });
  assert.deepEqual([sent.length, sent[0]], [2, sent[1]]);
});

test("what acts on others isn't kept for when there is a connection", async () => {
  const { amendments, state, sent, storage, shown } = open({ connected: false });
  for (const request of [
    { type: "delete", number: 1 },
    { type: "undelete", number: 1 },
    { type: "pin", number: 1, on: true },
  ]) {
    const answer = await amendments.request(request);
    assert.deepEqual([answer.type, answer.code], ["error", "offline"]);
    assert.match(state.toasts.at(-1)?.text ?? "", /no connection/);
  }
  assert.deepEqual([sent, state.amendments, storage.kept.size], [[], [], 0]);
  assert.deepEqual([shown(1).deleted, shown(1).pinned], [undefined, undefined]);
});

test("what acts on others fails with the connection, and what is one's own waits for the next", async () => {
  const { amendments, state, sent, storage, server } = open({ messages: [post(1), own(2)] });
  const pinned = amendments.request({ type: "pin", number: 1, on: true });
  const deleted = amendments.request({ type: "delete", number: 1 });
  amendments.request({ type: "delete", number: 2 });
  assert.deepEqual([sent.length, storage.kept.size], [2, 1]);
  amendments.disconnected();
  assert.deepEqual([(await pinned).code, (await deleted).code], ["offline", "offline"]);
  assert.deepEqual([state.amendments.map(({ number }) => number), state.toasts.length], [[2], 1]);
  server({ type: "hello", epoch: "e", room: {}, you: { name: "alice" }, commands: [], last_number: 2 });
  assert.deepEqual(
    sent.map(({ type, number }) => `${type} ${number}`),
    ["pin 1", "delete 2", "delete 2"],
  );
});

test("what an earlier version kept of it is dropped", () => {
  const storage = memoryStorage();
  const kept = { type: "pin", number: 1, on: true, nonce: "n", at: AT };
  storage.set(`${PREFIX}n`, JSON.stringify(kept));
  const { amendments, state } = open({ storage });
  amendments.restore();
  assert.deepEqual([state.amendments, storage.kept.size], [[], 0]);
});

test("a change of mind before it was sent is all that is sent", async () => {
  const { amendments, sent, line, reactions } = open({ connected: false });
  const first = amendments.request(thumb(true));
  amendments.request(thumb(false));
  assert.equal((await first).type, "superseded");
  assert.deepEqual(reactions(1), []);
  line.connected = true;
  amendments.flush();
  assert.deepEqual(
    sent.map(({ on }) => on),
    [false],
  );
});

test("a deletion that never left is taken back without the server", async () => {
  const { amendments, state, sent, storage, shown } = open({ connected: false, messages: [own(1)] });
  amendments.request({ type: "delete", number: 1 });
  assert.equal((await amendments.request({ type: "undelete", number: 1 })).type, "superseded");
  assert.deepEqual([shown(1).deleted, state.amendments, sent, storage.kept.size], [undefined, [], [], 0]);
});

test("what the server asked to wait with waits", (context) => {
  const clock = mockTimeouts(context);
  const { amendments, state, sent, server, reactions } = open();
  amendments.request(thumb(true));
  server({ type: "error", nonce: sent[0].nonce, code: "rate_limited", text: "Wait.", retry_after: 1 });
  amendments.request(thumb(true, 2));
  assert.deepEqual([sent.length, reactions(1), state.toasts], [1, ["👍 alice"], []]);
  clock.tick(1100);
  assert.deepEqual(
    sent.map(({ number }) => number),
    [1, 1, 2],
  );
});

test("what isn't answered on a living connection is sent again after a while", () => {
  const { amendments, sent, line } = open();
  amendments.request(thumb(true));
  amendments.tick();
  line.now += 16_000;
  amendments.tick();
  assert.equal(sent.length, 2);
});

test("survives a reload, but not a day", () => {
  const storage = memoryStorage();
  open({ storage, connected: false }).amendments.request({ type: "edit", number: 1, text: "new" });
  const later = open({ storage });
  later.amendments.restore();
  later.amendments.flush();
  assert.deepEqual([later.shown(1).text, later.sent[0].text], ["new", "new"]);
  storage.set(`${PREFIX}broken`, "{");
  const tooLate = open({ storage, now: Date.parse(AT) + 25 * 3600_000 });
  tooLate.amendments.restore();
  assert.deepEqual([tooLate.state.amendments, storage.kept.has(`${PREFIX}broken`)], [[], true]);
});

test("is given up with the room", async () => {
  const { amendments, state, storage, shown } = open();
  const answer = amendments.request({ type: "delete", number: 1 });
  amendments.failAll();
  assert.deepEqual(
    [(await answer).code, state.amendments, storage.kept.size, shown(1).deleted],
    ["ended", [], 0, undefined],
  );
});

test("an edit shows as typed until the server has rendered it, and changes no other line", () => {
  const { amendments, shown, state } = open({ messages: [post(1, { html: "<p>line 1</p>" }), post(2)] });
  amendments.request({ type: "edit", number: 1, text: "*new*" });
  const { text, html, edited_at } = shown(1);
  assert.deepEqual([text, html, edited_at], ["*new*", undefined, AT]);
  assert.equal(shown(2), state.lines[1]);
});

test("a quote says what the quoted post says now", () => {
  const answer = post(3, { reply_to: 1, quote: { author: "bob", text: "line 1" } });
  const { amendments, changed, shown, store } = open({ messages: [post(1), post(2), answer] });
  assert.equal(shown(3), answer);
  changed(4, 1, { text: "line\n  one" });
  assert.deepEqual(shown(3).quote, { author: "bob", text: "line one" });
  amendments.request({ type: "delete", number: 1 });
  assert.deepEqual(shown(3).quote, { author: "bob", text: "" });
  store.dispatch({ type: "written", entry: { nonce: "n", text: "me, too", at: AT, reply_to: 2 } });
  assert.deepEqual(layout(store.state).at(-1)?.line.quote, { author: "bob", text: "line 2" });
});

test("the list of pins follows what is pinned, once it was asked for", () => {
  const { store, state, changed } = open();
  const pinned = () => state.pins?.map(({ number }) => number);
  changed(3, 1, { pinned: true });
  assert.equal(pinned(), undefined);
  store.dispatch({ type: "pins", messages: [state.lines[0]] });
  changed(4, 2, { pinned: true });
  assert.deepEqual(pinned(), [2, 1]);
  changed(5, 1, {});
  assert.deepEqual(pinned(), [2]);
  changed(6, 2, { text: "", deleted: true });
  assert.deepEqual(state.pins, []);
});

test("three toasts at most, each dismissed by itself", () => {
  const { store, state } = open();
  for (const text of ["a", "b", "c", "d"]) store.dispatch({ type: "toasted", text });
  assert.deepEqual(
    state.toasts.map(({ text }) => text),
    ["b", "c", "d"],
  );
  store.dispatch({ type: "untoasted", id: state.toasts[1].id });
  assert.deepEqual(
    state.toasts.map(({ text }) => text),
    ["b", "d"],
  );
});

test("answering and editing exclude each other", () => {
  const { store, state } = open();
  store.dispatch({ type: "replying", number: 1 });
  store.dispatch({ type: "editing", number: 2 });
  assert.deepEqual([state.replying, state.editing], [null, 2]);
  store.dispatch({ type: "replying", number: 2 });
  assert.deepEqual([state.replying, state.editing], [2, null]);
});

test("what is said of files shows at once, and isn't marked as edited", () => {
  /** @param {string} id @param {string} description */
  const file = (id, description) => {
    const [type, url] = ["image/png", `/files/${id}/a.png`];
    return { id, name: "a.png", type, size: 9, width: 9, height: 9, description, url, thumbnail: url };
  };
  const files = [file("a", ""), file("b", "a boat")];
  const html = "<p>look</p>";
  const { amendments, shown, sent } = open({ messages: [post(1, { text: "look", html, files })] });
  const now = [{ id: "a", description: "a\ud83d harbour" }];
  amendments.request({ type: "edit", number: 1, text: "look", files: now });
  assert.deepEqual(
    present(shown(1).files).map((/** @type {{description: string}} */ one) => one.description),
    ["a\ufffd harbour", "a boat"],
  );
  assert.deepEqual([shown(1).html, shown(1).edited_at], [html, undefined]);
  assert.deepEqual(present(sent.at(-1)).files, [{ id: "a", description: "a\ufffd harbour" }]);
});

test("half an emoji in an edit is no longer one, also in what an earlier page left", () => {
  const { amendments, sent, storage } = open({ messages: [own(1)] });
  amendments.request({ type: "edit", number: 1, text: "a\ud83d b" });
  assert.equal(sent[0].text, "a\ufffd b");
  const [key] = storage.kept.keys();
  storage.set(key, JSON.stringify({ ...JSON.parse(storage.get(key) ?? ""), text: "\udc00" }));
  const later = open({ storage, messages: [own(1)] });
  later.amendments.restore();
  assert.equal(later.state.amendments[0].text, "\ufffd");
});
