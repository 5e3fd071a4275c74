/** Drafts with the post that they reply to, and typing events. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Draft } from "../../../static/js/local/drafts.js";
import { quoted } from "../../../static/js/state/quotes.js";
import { tabbed } from "../../../static/js/local/storage.js";

import { Typing } from "../../../static/js/server/typing.js";
import { lobby, memoryStorage } from "../support.mjs";

test("a draft and what it answers are kept by room, and leave nothing behind", () => {
  const storage = memoryStorage();
  const draft = new Draft(storage, "alice", "lobby");
  draft.text = "well";
  draft.repliedTo = { number: 3, author: "bob", text: "so?" };
  const again = new Draft(storage, "alice", "lobby");
  assert.deepEqual([again.text, again.repliedTo], ["well", { number: 3, author: "bob", text: "so?" }]);
  assert.deepEqual(
    [new Draft(storage, "alice", "attic").text, new Draft(storage, "bob", "lobby").repliedTo],
    ["", null],
  );
  draft.text = "";
  draft.repliedTo = null;
  assert.equal(storage.kept.size, 0);
});

test("what isn't a kept reply is none", () => {
  const storage = memoryStorage();
  const draft = new Draft(storage, "alice", "lobby");
  for (const broken of ["{", "7", "null", '{"number":"3","author":"bob","text":""}', '{"number":3}']) {
    storage.set(draft.replyKey, broken);
    assert.equal(draft.repliedTo, null);
  }
});

test("a quote is one line of at most a hundred characters", () => {
  assert.deepEqual(quoted({ number: 3, author: "bob", text: "one\n\n  two " }), {
    number: 3,
    author: "bob",
    text: "one two",
  });
  const { text } = quoted({ number: 3, author: "bob", text: "😀".repeat(300) });
  assert.deepEqual([[...text].length, text.endsWith("😀…")], [100, true]);
});

function typist() {
  /** @type {boolean[]} */
  const said = [];
  const clock = { now: 0, connected: true };
  const typing = new Typing(
    (/** @type {{on?: boolean}} */ { on = true }) => clock.connected && Boolean(said.push(on)),
    () => clock.now,
  );
  return { said, clock, typing };
}

test("that one types is said every three seconds, and that it is over when the box is empty", () => {
  const { said, clock, typing } = typist();
  for (clock.now = 0; clock.now < 7_000; clock.now += 200) typing.typed("words");
  assert.deepEqual(said, [true, true, true]);
  typing.typed("  ");
  typing.typed("");
  assert.deepEqual(said, [true, true, true, false]);
  typing.typed("w");
  assert.equal(said.length, 5);
});

test("of commands nothing is said, of a text with a slash it is", () => {
  const { said, typing } = typist();
  for (const text of ["/", "/me waves", ""]) typing.typed(text);
  assert.deepEqual(said, []);
  typing.typed("//etc");
  assert.deepEqual(said, [true]);
});

test("a message says itself that it is over; without a connection nothing is remembered as said", () => {
  const { said, clock, typing } = typist();
  typing.typed("words");
  typing.posted();
  typing.typed("");
  assert.deepEqual(said, [true]);
  clock.connected = false;
  typing.typed("more");
  clock.connected = true;
  typing.typed("more words");
  assert.deepEqual(said, [true, true]);
});

test("one answers or edits, never both", () => {
  const store = lobby();
  store.dispatch({ type: "replying", number: 3 });
  assert.deepEqual([store.state.replying, store.state.editing], [3, null]);
  store.dispatch({ type: "editing", number: 4 });
  assert.deepEqual([store.state.replying, store.state.editing], [null, 4]);
  store.dispatch({ type: "editing", number: null });
  assert.deepEqual([store.state.replying, store.state.editing], [null, null]);
});

test("each tab has its own draft, and a new one what was written last", () => {
  const all = memoryStorage();
  const [one, two] = [memoryStorage(), memoryStorage()].map((own) => {
    return () => new Draft(tabbed(all, own), "alice", "lobby", own);
  });
  one().text = "of one";
  two().text = "of two";
  assert.deepEqual([one().text, two().text], ["of one", "of two"]);
  const fresh = () => new Draft(tabbed(all, memoryStorage()), "alice", "lobby", memoryStorage()).text;
  assert.equal(fresh(), "of two");
  one().text = "";
  assert.deepEqual([one().text, two().text, fresh()], ["", "of two", "of two"]);
  two().text = "";
  assert.deepEqual([two().text, fresh()], ["", ""]);
  assert.equal(all.kept.size, 0);
});

test("a half edited post is kept beside the draft, for its tab alone", () => {
  const all = memoryStorage();
  const own = memoryStorage();
  const draft = new Draft(tabbed(all, own), "alice", "lobby", own);
  draft.keep("a draft", null);
  draft.keep("half an ed", 7);
  assert.deepEqual([draft.edit, draft.text], [{ number: 7, text: "half an ed" }, "a draft"]);
  assert.equal([...all.kept.keys()].length, 1);
  draft.keep("a draft", null);
  assert.equal(draft.edit, null);
});
