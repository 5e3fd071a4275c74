/** Numbers as `/delete` takes them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { numberSpans } from "../../../static/js/elements/timeline/number_spans.js";

test("those that follow each other are one span", () => {
  assert.equal(numberSpans([]), "");
  assert.equal(numberSpans([4]), "4");
  assert.equal(numberSpans([1, 2, 5, 7, 8, 9]), "1-2,5,7-9");
});
