/** After a long absence the statuses are loaded again; after a short one they aren't. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Absence } from "../../../static/js/server/absence.js";
import { mockTimeouts } from "../support.mjs";

/**
 * @param {import("node:test").TestContext} context
 * @param {number[]} silences s before each greeting
 * @returns {number} how often an absence ended
 */
function greeted(context, ...silences) {
  const clock = mockTimeouts(context);
  let now = 1_000_000;
  let times = 0;
  const absence = new Absence(
    () => (times += 1),
    () => now,
  );
  for (const silence of silences) {
    now += 1000 * silence;
    absence.received({ type: "hello" });
    absence.received({ type: "caught_up" });
    clock.tick(5_000);
  }
  return times;
}

test("a restart of the server, and a room where nobody speaks, are no breaks", (context) => {
  assert.equal(greeted(context, 1, 10, 50, 59), 0);
});

test("a computer that slept is one, though its connection ended only as it woke", (context) => {
  assert.equal(greeted(context, 1, 3600, 2, 61), 2);
});

test("silence on a connection that lives is none", (context) => {
  const clock = mockTimeouts(context);
  let now = 0;
  const absence = new Absence(assert.fail, () => now);
  for (const type of ["hello", "pong", "message", "pong"]) {
    absence.received({ type });
    now += 90_000;
  }
  clock.tick(10_000);
});

test("the server's word that too much has changed is one, however short it was", (context) => {
  const clock = mockTimeouts(context);
  let times = 0;
  const absence = new Absence(
    () => (times += 1),
    () => 0,
  );
  for (const stale of [false, true]) absence.received({ type: "online", stale });
  clock.tick(5_000);
  assert.equal(times, 1);
});
