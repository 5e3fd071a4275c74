/** Which lines the page keeps while it is scrolled through a long history, both ways. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { KEEP, kept, SLACK } from "../../../static/js/state/lines.js";
import { lobby, look, post, posts, present } from "../support.mjs";

/** @typedef {import("../support.mjs").Store} Store */

const HISTORY = 1_000;
const PAGE = 50;

/** A store that holds lines of a history of a thousand. @param {number} from @param {number} to */
const reading = (from, to) =>
  lobby({
    messages: posts(from, to),
    more: from > 1,
    newer: to < HISTORY,
    last_seq: HISTORY,
    last_number: HISTORY,
    read_number: HISTORY,
    members: [],
  });

/** @param {Store} store */
function older(store) {
  const first = store.state.lines[0].seq;
  store.dispatch({
    type: "older",
    messages: posts(Math.max(first - PAGE, 1), first - 1),
    more: first - PAGE > 1,
  });
}

/** @param {Store} store */
function later(store) {
  const last = present(store.state.lines.at(-1)).seq;
  store.dispatch({
    type: "later",
    messages: posts(last + 1, Math.min(last + PAGE, HISTORY)),
    more: last + PAGE < HISTORY,
  });
}

const span = (/** @type {Store} */ { state: { lines } }) => [lines[0].seq, lines[lines.length - 1].seq];

test("up through all of it and down again, the page never holds more, and misses nothing", () => {
  const store = reading(951, HISTORY);
  let most = 0;
  const check = () => {
    const [first, last] = span(store);
    most = Math.max(most, store.state.lines.length);
    assert.deepEqual(
      store.state.lines.map((line) => line.seq),
      posts(first, last).map((line) => line.seq),
    );
    assert.equal(store.state.newer, last < HISTORY);
    assert.equal(store.state.more, first > 1);
  };
  while (store.state.more) {
    const [first] = span(store);
    look(store, first, first + 15);
    older(store);
    assert.ok(span(store)[1] >= first + 15, "what is on screen stays");
    check();
  }
  assert.equal(span(store)[0], 1);
  while (store.state.newer) {
    const [, last] = span(store);
    look(store, last - 15, last);
    later(store);
    assert.ok(span(store)[0] <= last - 15, "what is on screen stays");
    check();
  }
  assert.equal(span(store)[1], HISTORY);
  assert.ok(most <= KEEP + SLACK, `${most} lines`);
});

test("what one side doesn't need goes to the other", () => {
  const lines = posts(1, 400);
  assert.deepEqual(kept(lines, { first: 1, last: 20 }), [0, KEEP]);
  assert.deepEqual(kept(lines, { first: 381, last: 400 }), [400 - KEEP, 400]);
  assert.deepEqual(kept(lines, { first: 191, last: 210 }), [190 - (KEEP - 20) / 2, 210 + (KEEP - 20) / 2]);
});

test("a screen that shows more than is kept loses none of it", () => {
  assert.deepEqual(kept(posts(1, 900), { first: 101, last: 700 }), [100, 700]);
});

test("live messages below a reader are left out when there are many, and those on screen stay", () => {
  const store = reading(700, HISTORY - 1);
  Object.assign(store.state, { newer: false, lastSeq: HISTORY - 1 });
  look(store, 980, 995);
  for (let seq = HISTORY; seq < 2 * HISTORY; seq += 1) store.receive(post(seq));
  const [first, last] = span(store);
  assert.ok(first <= 980 && last >= 995, `${first} to ${last}`);
  assert.ok(store.state.lines.length <= KEEP + SLACK);
  assert.equal(store.state.newer, true);
  assert.equal(store.state.lastSeq, 2 * HISTORY - 1);
  assert.equal(store.state.lastNumber, 2 * HISTORY - 1);
});

test("a crowd that comes and goes is one row, but not without an end", () => {
  const coming = (/** @type {number} */ seq) => ({ ...post(seq), kind: "came", number: undefined });
  const store = reading(951, HISTORY);
  look(store, 990, HISTORY, true);
  for (let seq = HISTORY + 1; seq <= HISTORY + 600; seq += 1) store.receive(coming(seq));
  assert.equal(span(store)[0], 951);
  for (let seq = HISTORY + 601; seq <= HISTORY + 3_000; seq += 1) store.receive(coming(seq));
  assert.ok(store.state.lines.length <= 4 * (KEEP + SLACK));
});

test("another page in place of everything: around a post there is more on both sides", () => {
  const store = reading(951, HISTORY);
  store.dispatch({ type: "replaced", messages: posts(276, 325), more: true, newer: true });
  assert.deepEqual([span(store), store.state.more, store.state.newer], [[276, 325], true, true]);
  store.receive(post(HISTORY + 1));
  assert.deepEqual([span(store), store.state.lastNumber], [[276, 325], HISTORY + 1]);
  store.dispatch({ type: "replaced", messages: posts(952, HISTORY + 1), more: true });
  assert.deepEqual([span(store), store.state.newer], [[952, HISTORY + 1], false]);
  // The page may be older than what the socket has brought meanwhile.
  store.receive(post(HISTORY + 2));
  store.dispatch({ type: "replaced", messages: posts(952, HISTORY + 1), more: true });
  assert.equal(store.state.newer, true);
});

test("a pinned message that is kept stands before a history that begins after it", () => {
  const store = reading(951, HISTORY);
  store.receive({ type: "expired", before: 900, number: 899, pinned: true });
  const page = [{ ...post(12), pinned: true }, post(13), ...posts(900, 920)];
  store.dispatch({ type: "replaced", messages: page, more: false, newer: true });
  assert.deepEqual(store.state.lines.slice(0, 2).map((line) => line.seq), [12, 900]);
  // Unless it was cleared away since.
  store.receive({ type: "cleared", seq: HISTORY + 1, author: "alice", text: "", at: "" });
  store.dispatch({ type: "replaced", messages: page, more: false, newer: true });
  assert.deepEqual(store.state.lines, []);
});
