/**
 * The outbox: nothing that was written is lost or sent twice under two nonces, and the order holds.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { makeNonce } from "../../../static/js/sending/nonce.js";
import { memoryStorage, mockTimeouts } from "../support.mjs";
import { COMMANDS, NOW, PREFIX, openOutbox } from "./outbox_page.mjs";

/** @typedef {import("../../../static/js/sending/outbox.js").WhenTabCloses} WhenTabCloses */
/** @typedef {import("./outbox_page.mjs").Options} Options */

test("a nonce is visible ASCII, short, and new each time", () => {
  const nonces = new Set(Array.from({ length: 100 }, makeNonce));
  assert.equal(nonces.size, 100);
  for (const nonce of nonces) assert.match(nonce, /^[0-9a-f]{32}$/);
});

test("is kept until the receipt", () => {
  const { outbox, storage, sent, server } = openOutbox();
  outbox.post("hello");
  assert.equal(storage.kept.size, 1);
  server({ type: "receipt", nonce: sent[0].nonce, seq: 1, number: 1 });
  assert.equal(storage.kept.size, 0);
});

test("one after the other, so that the order holds", () => {
  const { outbox, sent, server, texts } = openOutbox();
  for (const text of ["one", "two", "three"]) outbox.post(text);
  assert.deepEqual(texts(), ["one"]);
  server({ type: "receipt", nonce: sent[0].nonce, seq: 1, number: 1 });
  server({ type: "error", nonce: sent[1].nonce, code: "forbidden", text: "No." });
  assert.deepEqual(texts(), ["one", "two", "three"]);
});

test("what had no answer goes again with the same nonce after a reconnect", () => {
  const { outbox, sent, line, server } = openOutbox();
  outbox.post("hello");
  line.connected = false;
  outbox.requeue();
  outbox.post("more");
  line.connected = true;
  server({
    type: "hello",
    room: {},
    you: { name: "alice" },
    commands: [],
    epoch: "e",
    last_seq: 0,
    last_number: 0,
  });
  server({ type: "receipt", nonce: sent[1].nonce, seq: 1, number: 1 });
  assert.deepEqual(
    sent.map(({ text }) => text),
    ["hello", "hello", "more"],
  );
  assert.equal(sent[0].nonce, sent[1].nonce);
});

test("survives a reload in order, and leaves other people's and rooms' alone", () => {
  const storage = memoryStorage();
  storage.set(
    "aiochat:outbox:bob:lobby:x",
    JSON.stringify({ nonce: "x", text: "bob's", at: "2026-11-21T09:00:00Z", order: 1 }),
  );
  storage.set(`${PREFIX}broken`, "{");
  const before = openOutbox(storage, { connected: false });
  before.outbox.post("one");
  before.outbox.post("two");
  const after = openOutbox(storage);
  after.outbox.restore();
  after.outbox.flush();
  assert.deepEqual(after.stages(), ["one: sent", "two: waiting"]);
  assert.equal(after.sent[0].nonce, before.store.state.pending[0].nonce);
});

test("what is found after a day isn't sent without asking", () => {
  const storage = memoryStorage();
  openOutbox(storage, { connected: false }).outbox.post("old news");
  const later = openOutbox(storage, { now: NOW + 25 * 3600_000 });
  later.outbox.restore();
  later.outbox.flush();
  assert.deepEqual([later.stages(), later.sent], [["old news: refused"], []]);
});

test("a refused one is still refused after a reload; Retry sends it, Discard forgets it", () => {
  const storage = memoryStorage();
  const first = openOutbox(storage);
  first.outbox.post("hello");
  const { nonce } = first.sent[0];
  first.server({ type: "error", nonce, code: "forbidden", text: "You are muted." });
  const second = openOutbox(storage);
  second.outbox.restore();
  assert.equal(second.store.state.pending[0].reason, "You are muted.");
  second.outbox.retry(nonce);
  assert.equal(second.sent[0].nonce, nonce);
  assert.equal(second.outbox.take(nonce).text, "hello");
  assert.deepEqual([second.stages(), storage.kept.size], [[], 0]);
});

test("waits as long as the server asks", (context) => {
  const clock = mockTimeouts(context);
  const { outbox, sent, server, store } = openOutbox();
  outbox.post("one");
  outbox.post("two");
  server({ type: "error", nonce: sent[0].nonce, code: "rate_limited", text: "Slowly.", retry_after: 2 });
  assert.equal(store.state.held, true);
  clock.tick(1_900);
  assert.equal(sent.length, 1);
  clock.tick(200);
  assert.deepEqual(
    sent.map(({ text }) => text),
    ["one", "one"],
  );
});

test("no answer for long on a living connection: again, harmlessly", () => {
  const { outbox, sent, line } = openOutbox();
  outbox.post("hello");
  line.now += 10_000;
  outbox.tick();
  assert.equal(sent.length, 1);
  line.now += 10_000;
  outbox.tick();
  assert.deepEqual(new Set(sent.map(({ nonce }) => nonce)).size, 1);
  assert.equal(sent.length, 2);
});

test("removed from the room: kept, and not sent by itself", () => {
  const storage = memoryStorage();
  const { outbox, stages } = openOutbox(storage, { connected: false });
  outbox.post("hello");
  outbox.requeue("refused", "Not sent.");
  assert.deepEqual(stages(), ["hello: refused"]);
  assert.match([...storage.kept.values()][0], /Not sent\./);
});

const QUOTED = { number: 7, author: "bob", text: "who comes?" };

test("a reply names what it answers: to the server, in its twin, after a reload, when rewritten", () => {
  const storage = memoryStorage();
  openOutbox(storage, { connected: false }).outbox.post("me", QUOTED);
  const { outbox, store, sent, server } = openOutbox(storage);
  outbox.restore();
  assert.equal(sent[0].reply_to, 7);
  assert.deepEqual(store.state.pending[0].quote, { author: "bob", text: "who comes?" });
  server({ type: "error", nonce: sent[0].nonce, code: "nonce_reused", text: "No." });
  outbox.retry(sent[0].nonce);
  assert.equal(sent[1].reply_to, 7);
  assert.notEqual(sent[1].nonce, sent[0].nonce);
  const given = outbox.take(sent[1].nonce);
  assert.deepEqual([given.text, given.repliedTo], ["me", QUOTED]);
});

test("what answers nothing says nothing of it", () => {
  const { outbox, sent } = openOutbox();
  outbox.post("hello");
  assert.equal("reply_to" in JSON.parse(JSON.stringify(sent[0])), false);
});

/** Tabs of one browser, with the locks that tell when one is closed. */
function browser() {
  const storage = memoryStorage();
  /** @type {Set<string>} */
  const living = new Set();
  /** @type {{tab: string, then: () => void}[]} */
  const waiting = [];
  /** @type {WhenTabCloses} */
  const whenTabCloses = (tab, then) => void (living.has(tab) ? waiting.push({ tab, then }) : then());
  const openTab = (/** @type {string} */ tab, /** @type {Options} */ options = {}) => {
    living.add(tab);
    const page = openOutbox(storage, { tab, whenTabCloses, ...options });
    page.outbox.restore();
    return page;
  };
  const end = (/** @type {string} */ tab) => {
    living.delete(tab);
    for (const one of waiting.splice(0)) whenTabCloses(one.tab, one.then);
  };
  return { storage, openTab, end };
}

test("what a living tab has written is its own to send, and another's when it is gone", () => {
  const { openTab, end } = browser();
  const first = openTab("a", { connected: false });
  first.outbox.post("one");
  first.outbox.post("two");
  const second = openTab("b");
  const third = openTab("c");
  assert.deepEqual([second.stages(), third.stages()], [[], []]);
  end("a");
  // Exactly one of them restored it, under the same nonce.
  assert.deepEqual([second.stages(), third.stages()], [["one: sent", "two: waiting"], []]);
  assert.equal(second.sent[0].nonce, first.store.state.pending[0].nonce);
  // And if that one ends as well before it has an answer, the last one does.
  end("b");
  third.outbox.changedElsewhere(`${PREFIX}${second.sent[0].nonce}`, "changed");
  assert.deepEqual(third.stages(), ["one: sent", "two: waiting"]);
});

test("a tab that is opened before another writes hears of what that leaves", () => {
  const { storage, openTab, end } = browser();
  const first = openTab("a", { connected: false });
  const second = openTab("b");
  first.outbox.post("one");
  const [key, value] = [...storage.kept][0];
  second.outbox.changedElsewhere(key, value);
  assert.deepEqual(second.stages(), []);
  end("a");
  assert.deepEqual(second.stages(), ["one: sent"]);
});

test("without locks both tabs hold it; what one has given up the other doesn't send", () => {
  const storage = memoryStorage();
  const first = openOutbox(storage, { connected: false, tab: "a" });
  first.outbox.post("never mind");
  const second = openOutbox(storage, { connected: false, tab: "b" });
  second.outbox.restore();
  assert.deepEqual(second.stages(), ["never mind: waiting"]);
  const [key] = storage.kept.keys();
  first.outbox.discard(first.store.state.pending[0].nonce);
  second.outbox.changedElsewhere(key, null);
  second.line.connected = true;
  second.outbox.flush();
  assert.deepEqual([second.stages(), second.sent], [[], []]);
});

test("without a connection no command is kept, but for one that only says something", () => {
  const { outbox, storage, stages } = openOutbox(undefined, { connected: false });
  for (const text of ["/kill @bob", "/kick @bob", "/leave", "/what"]) assert.equal(outbox.post(text), false);
  for (const text of ["/me waves", "//kill @bob", "bye"]) assert.equal(outbox.post(text), true);
  assert.deepEqual(stages(), ["/me waves: waiting", "//kill @bob: waiting", "bye: waiting"]);
  assert.equal(storage.kept.size, 3);
});

test("with the connection a command fails, whether it was sent or not", () => {
  const { outbox, store, storage, stages, texts, server } = openOutbox();
  for (const text of ["/kill @bob", "and then", "/kick @eve"]) outbox.post(text);
  store.dispatch({ type: "connection", connection: "connecting" });
  outbox.requeue();
  assert.deepEqual(stages(), ["/kill @bob: refused", "and then: waiting", "/kick @eve: refused"]);
  assert.match(store.state.pending[0].reason ?? "", /no connection/);
  outbox.retry(store.state.pending[0].nonce);
  assert.deepEqual(stages()[0], "/kill @bob: refused");
  server({ type: "hello", epoch: "e1", room: {}, you: { name: "alice" }, commands: COMMANDS });
  assert.deepEqual(texts(), ["/kill @bob", "and then"]);
  assert.equal(storage.kept.size, 3);
});

test("a command without an answer isn't sent again after a reload", () => {
  const storage = memoryStorage();
  openOutbox(storage).outbox.post("/kill @bob");
  const later = openOutbox(storage);
  later.outbox.restore();
  assert.deepEqual([later.stages(), later.sent], [["/kill @bob: refused"], []]);
});

test("an answer that is late on a living connection has a command sent again", () => {
  const { outbox, line, texts } = openOutbox();
  outbox.post("/kill @bob");
  line.now += 16_000;
  outbox.tick();
  assert.deepEqual(texts(), ["/kill @bob", "/kill @bob"]);
});

test("half an emoji is no longer one when it is sent, kept or restored", () => {
  const { outbox, storage, texts } = openOutbox();
  outbox.post("a\ud83d b");
  assert.deepEqual(texts(), ["a\ufffd b"]);
  const [key] = storage.kept.keys();
  storage.set(key, JSON.stringify({ ...JSON.parse(storage.get(key) ?? ""), text: "\udc00 👍" }));
  const later = openOutbox(storage);
  later.outbox.restore();
  assert.deepEqual(later.texts(), ["\ufffd 👍"]);
});
