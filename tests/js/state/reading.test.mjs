/** The read mark and the "New" line. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { readElsewhere } from "../../../static/js/state/reading.js";
import { lobby, look, post, posts } from "../support.mjs";

/** @typedef {import("../support.mjs").Store} Store */

/**
 * Alice's page of a room of which she has read `read` of `last` posts.
 * @param {number} read
 * @param {number} last
 */
function opened(read, last) {
  const store = lobby({
    messages: posts(1, last),
    last_seq: last,
    last_number: last,
    read_number: read,
    members: [],
  });
  store.dispatch({ type: "attention", focused: true });
  return store;
}

const focus = (/** @type {Store} */ store, /** @type {boolean} */ focused) =>
  store.dispatch({ type: "attention", focused });
const marks = (/** @type {Store} */ { state: { readNumber, newAfter } }) => [readNumber, newAfter];

test("the mark moves with what has been on screen, and never back by itself", () => {
  const store = opened(10, 100);
  assert.deepEqual(marks(store), [10, 10]);
  look(store, 8, 15);
  look(store, 14, 22);
  assert.deepEqual(marks(store), [22, 10]);
  look(store, 1, 6);
  assert.deepEqual(marks(store), [22, 10]);
});

test("nothing is read while nobody looks", () => {
  const store = opened(10, 100);
  focus(store, false);
  look(store, 8, 15);
  assert.equal(store.state.readNumber, 10);
  focus(store, true);
  assert.equal(store.state.readNumber, 15);
});

test("what was jumped over isn't read, until one goes to the end", () => {
  const store = opened(10, 100);
  look(store, 50, 60);
  assert.equal(store.state.readNumber, 10);
  look(store, 90, 100, true);
  assert.equal(store.state.readNumber, 100);
});

test("the end is only the end where nothing newer was left out", () => {
  const store = opened(10, 100);
  store.state.newer = true;
  look(store, 90, 100, true);
  assert.equal(store.state.readNumber, 10);
});

test("the New line stands where one was away, and stays until one leaves", () => {
  const store = opened(5, 5);
  look(store, 1, 5, true);
  store.receive(post(6));
  look(store, 1, 6, true);
  assert.deepEqual(marks(store), [6, null]);
  focus(store, false);
  store.receive(post(7));
  store.receive(post(8));
  assert.deepEqual(marks(store), [6, 6]);
  focus(store, true);
  look(store, 1, 8, true);
  assert.deepEqual(marks(store), [8, 6]);
  store.receive(post(9));
  look(store, 1, 9, true);
  assert.deepEqual(marks(store), [9, 6]);
  focus(store, false);
  store.receive(post(10));
  assert.deepEqual(marks(store), [9, 9]);
});

test("whoever is still reading keeps the line that they read from", () => {
  const store = opened(10, 100);
  look(store, 8, 30);
  store.receive(post(101));
  assert.deepEqual(marks(store), [30, 10]);
});

test("what comes while one reads further up, with everything read, gets a line", () => {
  const store = opened(100, 100);
  look(store, 90, 100, true);
  look(store, 20, 30);
  store.receive(post(101));
  store.receive(post(102));
  assert.deepEqual(marks(store), [100, 100]);
});

test("an answer takes the line away", () => {
  const store = opened(2, 5);
  store.receive(post(6, { author: "alice" }));
  assert.equal(store.state.newAfter, null);
});

test("unread from here: the mark goes back, and stays though the message is on screen", () => {
  const store = opened(20, 20);
  look(store, 10, 20, true);
  store.dispatch({ type: "unread_from", number: 15 });
  assert.deepEqual(marks(store), [14, 14]);
  store.receive(post(21));
  look(store, 11, 21, true);
  assert.deepEqual(marks(store), [14, 14]);
  focus(store, false);
  focus(store, true);
  assert.deepEqual(marks(store), [14, 14]);
  store.dispatch({ type: "read_on" });
  assert.deepEqual(marks(store), [21, 14]);
});

test("another device reads, or goes back", () => {
  const store = opened(10, 100);
  readElsewhere(store.state, 40);
  assert.equal(store.state.readNumber, 40);
  readElsewhere(store.state, 24, 1);
  assert.deepEqual(marks(store), [24, 24]);
  look(store, 20, 30);
  assert.equal(store.state.readNumber, 24);
});

test("another device's older news takes nothing back, however late it comes", () => {
  const store = opened(10, 100);
  look(store, 8, 60);
  readElsewhere(store.state, 40);
  assert.equal(store.state.readNumber, 60);
  store.dispatch({ type: "marked", number: 60, back: false });
  readElsewhere(store.state, 55);
  assert.deepEqual(marks(store), [60, 10]);
  assert.equal(store.state.readKnown, 60);
  readElsewhere(store.state, 50, 2);
  readElsewhere(store.state, 20, 1);
  assert.deepEqual(marks(store), [50, 50]);
});

test("what was told before this page went back is no reading on", () => {
  const store = opened(10, 100);
  look(store, 8, 60);
  store.dispatch({ type: "unread_from", number: 51 });
  store.dispatch({ type: "marked", number: 50, back: true });
  readElsewhere(store.state, 60);
  assert.deepEqual(marks(store), [50, 50]);
  readElsewhere(store.state, 50, 1);
  assert.deepEqual(marks(store), [50, 50]);
  readElsewhere(store.state, 70, 1);
  assert.equal(store.state.readNumber, 70);
});

test("who reads on isn't set back by the echo of having gone back", () => {
  const store = opened(10, 100);
  look(store, 8, 60, true);
  store.dispatch({ type: "unread_from", number: 51 });
  store.dispatch({ type: "marked", number: 50, back: true });
  store.dispatch({ type: "read_on" });
  store.dispatch({ type: "marked", number: store.state.readNumber, back: false });
  readElsewhere(store.state, 50, 1);
  assert.equal(store.state.readNumber, 100);
  assert.equal(store.state.readHeld, false);
  readElsewhere(store.state, 30, 2);
  assert.deepEqual(marks(store), [30, 30]);
});

test("what a lost connection took with it is told again", () => {
  const store = opened(10, 100);
  look(store, 8, 60);
  store.dispatch({ type: "marked", number: 60, back: false });
  readElsewhere(store.state, 40, 0, true);
  assert.deepEqual([store.state.readNumber, store.state.readKnown], [60, 40]);
  store.dispatch({ type: "marked", number: 60, back: false });
  store.dispatch({ type: "unread_from", number: 51 });
  store.dispatch({ type: "marked", number: 50, back: true });
  readElsewhere(store.state, 60, 0, true);
  assert.deepEqual([store.state.readNumber, store.state.readKnown], [50, 60]);
});

test("who comes back hears that another device went back meanwhile", () => {
  const store = opened(10, 100);
  look(store, 8, 60);
  store.dispatch({ type: "marked", number: 60, back: false });
  readElsewhere(store.state, 24, 1, true);
  assert.deepEqual([...marks(store), store.state.readKnown], [24, 24, 24]);
});

test("a member again, or another history, begins to count anew", () => {
  const store = opened(10, 100);
  readElsewhere(store.state, 24, 3);
  readElsewhere(store.state, 40, 0, true);
  assert.deepEqual([store.state.readNumber, store.state.timesBack], [40, 0]);
});

test("the room's own mark comes with the others", () => {
  const store = opened(10, 100);
  store.receive({
    type: "unread",
    rooms: [
      { name: "attic", read_number: 90 },
      { name: "lobby", read_number: 20 },
    ],
  });
  assert.equal(store.state.readNumber, 20);
  store.receive({ type: "unread", rooms: [{ name: "lobby", mentions: 1 }] });
  assert.equal(store.state.readNumber, 20);
});

test("how many are below is counted from what has been on screen", () => {
  const store = opened(10, 100);
  look(store, 8, 60);
  assert.equal(store.state.lastNumber - store.state.bottomNumber, 40);
  look(store, 1, 20);
  assert.equal(store.state.lastNumber - store.state.bottomNumber, 40);
});
