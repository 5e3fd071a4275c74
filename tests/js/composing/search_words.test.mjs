/** What the search proposes while one types. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isWhole, openWord, proposals, WORDS } from "../../../static/js/composing/search_words.js";

const KNOWN = {
  people: [
    { name: "maria", shown: "María" },
    { name: "mark", shown: "mark" },
  ],
  rooms: [{ name: "general", shown: "#General" }],
  today: "2026-03-01",
};
/** @param {string} typed */
const texts = (typed) => proposals(typed, KNOWN).map(({ text }) => text);

test("words are proposed behind what is typed, each once", () => {
  assert.deepEqual(texts(""), WORDS);
  assert.deepEqual(texts("beans")[0], "beans from:");
  assert.deepEqual(texts("beans ")[0], "beans from:");
  assert.ok(!texts("from:maria beans ").includes("from:maria beans from:"));
  assert.ok(texts("from:maria beans ").includes("from:maria beans in:"));
});

test("a word that is begun is completed", () => {
  assert.ok(texts("beans fr").includes("beans from:"));
  assert.ok(texts("beans BEF").includes("beans before:"));
  assert.ok(texts("beans f").includes("beans f from:"));
});

test("people and rooms take the place of what was typed of them", () => {
  assert.deepEqual(texts("beans from:ma"), ["beans from:maria ", "beans from:mark "]);
  assert.deepEqual(texts("from:@MA"), ["from:maria ", "from:mark "]);
  assert.deepEqual(texts("in:#gen"), ["in:general "]);
  assert.deepEqual(texts("from:maria"), ["from:mark "]);
  assert.equal(proposals("from:m", KNOWN)[0].label, "María");
});

test("values and days", () => {
  assert.deepEqual(texts("has:"), ["has:link ", "has:file ", "has:picture "]);
  assert.deepEqual(texts("is:"), ["is:pinned ", "is:thread "]);
  assert.deepEqual(texts("is:p"), ["is:pinned "]);
  assert.deepEqual(texts("on:"), ["on:2026-03-01 ", "on:2026-02-28 ", "on:2026-02-22 ", "on:2026-01-30 "]);
  assert.deepEqual(texts("before:2026-02-2"), ["before:2026-02-28 ", "before:2026-02-22 "]);
});

test("what is being typed", () => {
  assert.deepEqual(openWord("a from:@ma"), { word: "from:", value: "ma" });
  assert.equal(openWord("from:ma "), null);
  assert.equal(openWord("http://x"), null);
});

test("what can't be asked for yet", () => {
  const parts = ["from:", "a in:", "is:pin", "has:", "before:2026-1", "on:tod"];
  for (const typed of parts) assert.ok(!isWhole(typed), typed);
  const whole = ["", "a", "from:ma", "is:pinned", "is:Reply", "has:file", "on:2026-1-3", "on:today"];
  for (const typed of [...whole, "is:pin a", "x:y"]) assert.ok(isWhole(typed), typed);
});
