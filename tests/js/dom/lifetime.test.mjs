/** A lifetime: what is bound to it ends with it, once. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Lifetime } from "../../../static/js/dom/lifetime.js";
import { lobby } from "../support.mjs";

test("listeners end, and the rest is undone from the last to the first, once", () => {
  const lifetime = new Lifetime();
  const target = new EventTarget();
  /** @type {string[]} */
  const said = [];
  target.addEventListener("ping", () => said.push("ping"), { signal: lifetime.signal });
  lifetime.add(() => said.push("first"));
  lifetime.disconnect({ disconnect: () => said.push("observer") });
  target.dispatchEvent(new Event("ping"));
  lifetime.stop();
  lifetime.stop();
  target.dispatchEvent(new Event("ping"));
  assert.deepEqual(said, ["ping", "observer", "first"]);
  assert.equal(lifetime.ended, true);
});

test("what is added after the end is undone at once", () => {
  const lifetime = new Lifetime();
  lifetime.stop();
  let undone = 0;
  lifetime.add(() => (undone += 1));
  assert.equal(undone, 1);
});

test("a watcher of the store ends with its signal, and none begins after it", () => {
  const store = lobby();
  const lifetime = new Lifetime();
  store.watch(["timeline"], () => {}, lifetime.signal);
  assert.equal(store.watchers.size, 1);
  lifetime.stop();
  store.watch(["timeline"], () => {}, lifetime.signal);
  assert.equal(store.watchers.size, 0);
});
