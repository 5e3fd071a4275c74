/** The lines that are kept follow what the page hears, and are never more than is kept. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  amended,
  bounded,
  follow,
  joined,
  MOST_LINES,
  MOST_TEXT,
} from "../../../static/js/offline/record.js";
import { initial, createStore } from "../../../static/js/state/store.js";
import { AT, embedded, post, posts } from "../support.mjs";

/** @typedef {import("../../../static/js/offline/record.js").Lines} Lines */

/** @param {number} from @param {number} to @param {Partial<Lines>} [fields] @returns {Lines} */
const lines = (from, to, fields) => ({
  lines: posts(from, to).map(({ type, ...line }) => line),
  lastSeq: to,
  more: from > 1,
  epoch: "e1",
  ...fields,
});

/** @param {Lines|null} found */
const texts = (found) => found?.lines.map(({ text }) => text);

test("they follow what happens", () => {
  const events = [
    { type: "hello", epoch: "e1" },
    post(4),
    { ...post(2, { text: "two", edited_at: AT }), type: "changed", seq: 5, of: 2 },
    { ...post(3, { text: "", deleted: true }), type: "changed", seq: 6, of: 3 },
    { type: "typing", name: "bob", on: true },
    { type: "caught_up", seq: 6 },
  ];
  const found = events.reduce(follow, /** @type {Lines|null} */ (lines(1, 3)));
  assert.deepEqual(texts(found), ["line 1", "two", "", "line 4"]);
  assert.equal(found?.lastSeq, 6);
  assert.ok(found?.lines.every((line) => !("type" in line) && !("of" in line)));
});

test("a line from before the first one that is kept isn't put in", () => {
  const before = lines(10, 12);
  const changed = { ...post(3, { text: "three" }), type: "changed", seq: 13, of: 3 };
  assert.deepEqual(texts(follow(before, changed)), texts(before));
  assert.equal(follow(before, changed)?.lastSeq, 13);
  assert.deepEqual(texts(follow(before, post(4))), texts(before));
  assert.deepEqual(texts(follow({ ...before, more: false }, post(4)))?.[0], "line 4");
});

test("what is cleared goes, and another history takes all", () => {
  const found = follow(lines(1, 3), { type: "cleared", seq: 4, author: "bob", text: "", at: AT });
  assert.deepEqual(
    found?.lines.map(({ kind }) => kind),
    ["cleared"],
  );
  assert.equal(found?.more, false);
  assert.deepEqual(texts(follow(found ?? null, post(5))), ["", "line 5"]);
  assert.equal(follow(lines(1, 3), { type: "reset", seq: 9 }), null);
  assert.equal(follow(lines(1, 3), { type: "hello", epoch: "e2" }), null);
  assert.equal(follow(null, post(1)), null);
});

test("what the room keeps no more goes", () => {
  const found = follow(lines(3, 6), { type: "expired", before: 5, number: 4 });
  assert.deepEqual(texts(found), ["line 5", "line 6"]);
  assert.equal(found?.more, false);
  const later = follow(lines(3, 6), { type: "hello", epoch: "e1", room: { first_seq: 6 } });
  assert.deepEqual(texts(later), ["line 6"]);
  const before = lines(3, 6);
  assert.equal(follow(before, { type: "expired", before: 2, number: 1 }), before);
});

test("what was cleared and brought back is asked for anew", () => {
  const cleared = follow(lines(1, 3), { type: "cleared", seq: 4, author: "bob", text: "", at: AT });
  assert.ok(cleared);
  assert.equal(follow(cleared, post(5, { kind: "uncleared", number: undefined })), null);
  assert.equal(amended(cleared, { changed: [], cleared_seq: 4 }).more, false);
  assert.equal(amended(cleared, { changed: [], cleared_seq: 0 }).more, true);
});

test("older ones stand before them if nothing is missing between", () => {
  assert.deepEqual(texts(joined(lines(5, 8), lines(2, 6)))?.length, 7);
  assert.equal(joined(lines(5, 8), lines(2, 6)).more, true);
  assert.equal(joined(lines(5, 8), lines(1, 4)).more, false);
  const found = lines(5, 8);
  assert.equal(joined(found, lines(1, 3)), found, "the fourth is missing");
  assert.equal(joined(found, lines(1, 6, { epoch: "e0" })), found);
  assert.equal(joined({ ...found, more: false }, lines(1, 6)).lines.length, 4, "there are no older ones");
  // Of what both have the page's own is the newer.
  const mended = { ...found, lines: found.lines.map((line) => ({ ...line, text: "mended" })) };
  assert.deepEqual(texts(joined(mended, lines(4, 8))), ["line 4", ...Array(4).fill("mended")]);
});

test("the server tells what has changed", () => {
  const changed = [post(2, { text: "", deleted: true }), post(7)];
  const found = amended(lines(1, 3), { changed, cleared_seq: 0 });
  assert.deepEqual(texts(found), ["line 1", "", "line 3"]);
  assert.equal(found.lastSeq, 3, "what came later isn't here");
  assert.deepEqual(texts(amended(lines(1, 3), { changed: [], cleared_seq: 3 })), ["line 3"]);
});

test("they are bounded", () => {
  const many = bounded(lines(1, MOST_LINES + 20));
  assert.equal(many.lines.length, MOST_LINES);
  assert.equal(many.lines.at(-1)?.seq, MOST_LINES + 20);
  assert.equal(many.more, true);
  const some = lines(1, 3);
  assert.equal(bounded(some), some);
  const heavy = { ...some, lines: some.lines.map((line) => ({ ...line, text: "x".repeat(MOST_TEXT / 2) })) };
  assert.deepEqual(
    bounded(heavy).lines.map(({ seq }) => seq),
    [2, 3],
  );
  assert.deepEqual(bounded(lines(1, 0)).lines, []);
});

/** Events of a room, as a server could send them, by numbers between 0 and 1. @param {() => number} random */
function* history(random) {
  let seq = 20;
  let number = 20;
  for (let step = 0; step < 60; step += 1) {
    seq += 1;
    const kind = random();
    const of = 1 + Math.floor(random() * number);
    if (kind < 0.5) yield post(seq, { number: (number += 1), text: `said ${seq}` });
    else if (kind < 0.7) yield { ...post(of, { text: `edit ${seq}` }), type: "changed", seq, of };
    else if (kind < 0.95) yield { ...post(of, { text: "", deleted: true }), type: "changed", seq, of };
    else yield { type: "cleared", seq, author: "bob", text: "", at: AT };
  }
}

test("they are what the page shows", () => {
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let run = 0; run < 50; run += 1) {
    const { lines: first } = lines(11, 20);
    const page = embedded({ messages: first, more: true, last_seq: 20, last_number: 20, read_number: 20 });
    const store = createStore(initial(page, AT), () => {});
    /** @type {Lines|null} */
    let found = { lines: first, lastSeq: 20, more: true, epoch: "e1" };
    for (const event of history(random)) {
      // A number is its line's seq here only at first.
      const line = "of" in event && store.state.lines.find(({ number }) => number === event.number);
      const told = line ? { ...event, of: line.seq } : event;
      if ("of" in event && !line) continue;
      store.receive(told);
      found = follow(found, told);
      const shown = store.state.lines.map(({ seq, text }) => [seq, text]);
      assert.deepEqual(
        found?.lines.map(({ seq, text }) => [seq, text]),
        shown,
      );
      assert.equal(found?.lastSeq, store.state.lastSeq);
    }
  }
});
