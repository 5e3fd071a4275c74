/** Messages with files in the outbox: they wait for their uploads, across reloads. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { memoryStorage } from "../support.mjs";
import { openOutbox } from "./outbox_page.mjs";

/** @param {string} key @param {object} [fields] */
const file = (key, fields = {}) => ({
  key,
  name: `${key}.png`,
  type: "image/png",
  size: 100,
  description: "",
  state: /** @type {const} */ ("waiting"),
  ...fields,
});

/** @param {ReturnType<typeof openOutbox>} page */
function watched(page) {
  /** @type {string[]} */
  const told = [];
  page.outbox.files = {
    send: ({ batch, files }) => void told.push(`send ${batch} ${files.map(({ key }) => key).join()}`),
    cancel: ({ batch }) => void told.push(`cancel ${batch}`),
    arrived: (batch) => void told.push(`arrived ${batch}`),
  };
  return told;
}

test("a message waits for its files, and keeps nothing else back", () => {
  const page = openOutbox();
  const told = watched(page);
  const { outbox, sent, server } = page;
  const both = [file("one"), file("two", { description: "A cat" })];
  assert.ok(outbox.post("look", null, { batch: "b", files: both }));
  outbox.post("and");
  assert.deepEqual(page.texts(), ["and"]);
  server({ type: "receipt", nonce: sent[0].nonce, seq: 1, number: 1 });
  outbox.fileChanged("b", "one", { id: "u1", state: "ready" });
  outbox.fileChanged("another", "one", { id: "u7", state: "ready" });
  assert.equal(sent.length, 1);
  outbox.fileChanged("b", "two", { id: "u2", state: "ready" });
  const files = [
    { id: "u1", description: "" },
    { id: "u2", description: "A cat" },
  ];
  assert.deepEqual(sent[1], { ...sent[1], type: "post", text: "look", files });
  server({ type: "receipt", nonce: sent[1].nonce, seq: 2, number: 2 });
  assert.deepEqual(told, ["send b one,two", "arrived b"]);
});

test("after a reload they go on under the same nonce", () => {
  const storage = memoryStorage();
  const before = openOutbox(storage, { connected: false });
  watched(before);
  before.outbox.post("", null, { batch: "b", files: [file("one")] });
  before.outbox.fileChanged("b", "one", { id: "u1", state: "sending", sent: 50 });
  const [{ nonce }] = before.store.state.pending;

  const after = openOutbox(storage);
  const told = watched(after);
  after.outbox.restore();
  assert.deepEqual(told, ["send b one"]);
  assert.equal(after.store.state.pending[0].files?.[0].id, "u1");
  after.outbox.fileChanged("b", "one", { id: "u1", state: "ready" });
  assert.equal(after.sent[0].nonce, nonce);
});

test("what is wrong with a file is said at the message, and tried again", () => {
  const page = openOutbox();
  const told = watched(page);
  const { outbox, store, sent } = page;
  outbox.post("look", null, { batch: "b", files: [file("one")] });
  outbox.fileChanged("b", "one", { state: "refused", reason: "Too large." });
  const [entry] = store.state.pending;
  assert.deepEqual([entry.stage, entry.reason], ["refused", "one.png: Too large."]);
  outbox.retry(entry.nonce);
  assert.deepEqual(told, ["send b one", "send b one"]);
  outbox.fileChanged("b", "one", { id: "u1", state: "ready" });
  assert.equal(sent.length, 1);
});

test("uploads that the server has lost are sent again, once by itself", () => {
  const page = openOutbox();
  const told = watched(page);
  const { outbox, sent, server, store } = page;
  outbox.post("look", null, { batch: "b", files: [file("one")] });
  outbox.fileChanged("b", "one", { id: "u1", state: "ready" });
  const lost = { type: "error", nonce: sent[0].nonce, code: "no_such_file", text: "It has ended." };
  server(lost);
  assert.deepEqual(told, ["send b one", "send b one"]);
  assert.equal(store.state.pending[0].stage, "waiting");
  assert.equal(store.state.pending[0].files?.[0].id, undefined);
  outbox.fileChanged("b", "one", { id: "u2", state: "ready" });
  assert.equal(sent[1].nonce, sent[0].nonce);
  server(lost);
  assert.equal(store.state.pending[0].stage, "refused");
});

test("discarded, its files go; rewritten, they come along", () => {
  const page = openOutbox(undefined, { connected: false });
  const told = watched(page);
  const { outbox, store } = page;
  const attached = { batch: "b", files: [file("one")] };
  outbox.post("look", null, attached);
  assert.deepEqual(outbox.take(store.state.pending[0].nonce).attached, attached);
  outbox.post("look", null, { ...attached, batch: "c" });
  outbox.discard(store.state.pending[0].nonce);
  assert.deepEqual(told, ["send b one", "send c one", "cancel c"]);
});
