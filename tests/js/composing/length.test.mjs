/** How long a message may be. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { excessOf } from "../../../static/js/composing/length.js";

test("characters are counted as the server does, from shortly before the end on", () => {
  assert.equal(excessOf("x".repeat(9_000)), -Infinity);
  assert.equal(excessOf("x".repeat(9_990)), -10);
  assert.equal(excessOf(`${"x".repeat(10_002)}  \n`), 2);
  assert.equal(excessOf("😀".repeat(10_000)), 0);
});
