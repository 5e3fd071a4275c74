/** What waits in this browser, and is lost by signing out. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Draft } from "../../../static/js/local/drafts.js";
import { leftBehind } from "../../../static/js/local/left_behind.js";
import { memoryStorage } from "../support.mjs";

test("nothing waits where there is only what is another's, or no text of anybody's", () => {
  const storage = memoryStorage();
  assert.equal(leftBehind(storage, "alice"), null);
  new Draft(storage, "bob", "lobby").text = "mine";
  storage.set("aiochat:outbox:alice2:lobby:n1", "{}");
  storage.set("aiochat:theme", "dark");
  storage.set("aiochat:recent:alice:room", "[]");
  assert.equal(leftBehind(storage, "alice"), null);
});

test("messages and changes are counted, drafts named by their rooms, conversations without a name", () => {
  const storage = memoryStorage();
  for (const room of ["lobby", "Garden", "direct.0123456789abcdef", "group.0123456789abcdef"])
    new Draft(storage, "alice", room).text = "a text";
  for (const nonce of ["n1", "n2"]) storage.set(`aiochat:outbox:alice:lobby:${nonce}`, "{}");
  storage.set("aiochat:asks:alice:lobby:n3", "{}");
  assert.deepEqual(leftBehind(storage, "alice"), {
    messages: 2,
    changes: 1,
    rooms: ["Garden", "lobby"],
    conversations: true,
  });
});

test("a draft alone is enough, and so is a message", () => {
  const storage = memoryStorage();
  storage.set("aiochat:outbox:alice:lobby:n1", "{}");
  assert.equal(leftBehind(storage, "alice")?.messages, 1);
  storage.remove("aiochat:outbox:alice:lobby:n1");
  new Draft(storage, "alice", "lobby").text = "a text";
  assert.deepEqual(leftBehind(storage, "alice")?.rooms, ["lobby"]);
});
