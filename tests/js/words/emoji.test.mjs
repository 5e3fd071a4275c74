/** Finding an emoji by its name, and moving among those found. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { recentEmoji, rememberEmoji } from "../../../static/js/local/recent_emoji.js";
import { findEmoji, neighbour } from "../../../static/js/words/emoji_search.js";
import { emojiSets } from "../../../static/js/words/emoji_sets.js";
import { memoryStorage } from "../support.mjs";

/** @type {import("../../../static/js/words/emoji_search.js").Named[]} */
const ALL = [
  ["🌳", "deciduous tree", "deciduous_tree"],
  ["🎄", "Christmas tree", "christmas_tree"],
  ["🥤", "cup with straw", "cup_with_straw"],
  ["👍", "thumbs up", "thumbs_up"],
  ["👍🏽", "thumbs up: medium skin tone", "thumbs_up_medium_skin_tone"],
  ["👎", "thumbs down", "thumbs_down"],
  ["🐀", "rat", "rat"],
  ["🐁", "mouse", "mouse"],
  ["🎋", "tanabata tree", "tree"],
  ["🏆", "trophy: grateful", "trophy"],
];

test("by any of its words, the exact shortcode first, beginnings before middles", () => {
  assert.deepEqual(findEmoji(ALL, "tree"), ["🎋", "🌳", "🎄"]);
  assert.deepEqual(findEmoji(ALL, ":thumbs_"), ["👍", "👎"]);
  assert.deepEqual(findEmoji(ALL, "Up Thu"), ["👍"]);
  assert.deepEqual(findEmoji(ALL, "rat"), ["🐀", "🏆"]);
  assert.deepEqual(findEmoji(ALL, "🐁"), ["🐁"]);
});

test("colours of skin only where they are asked for", () => {
  assert.deepEqual(findEmoji(ALL, "thumbs skin"), ["👍🏽"]);
  assert.deepEqual(findEmoji(ALL, "👍🏽"), ["👍🏽"]);
});

test("nothing by nothing, and nothing by what isn't there", () => {
  for (const query of ["", " ", ":", "xyzzy"]) assert.deepEqual(findEmoji(ALL, query), []);
});

test("arrows move in rows of any width", () => {
  // 0 1 2 / 3 4 / 5
  const places = [
    [0, 0],
    [1, 0],
    [2, 0],
    [0, 1],
    [1, 1],
    [0, 2],
  ].map(([x, y]) => ({ x, y }));
  const move = (/** @type {number} */ from, /** @type {string[]} */ ...keys) =>
    keys.reduce((at, key) => neighbour(places, at, `Arrow${key}`), from);
  assert.deepEqual(
    [move(0, "Right", "Right", "Right"), move(3, "Left"), move(2, "Down"), move(4, "Down"), move(5, "Down")],
    [3, 2, 4, 5, 5],
  );
  assert.deepEqual([move(5, "Up", "Up"), move(1, "Up"), move(0, "Left"), move(5, "Right")], [0, 1, 0, 5]);
});

test("what was used last comes first, without a storage, too", () => {
  assert.deepEqual(recentEmoji(3), ["👍", "❤️", "😂"]);
  const { get: getItem, set: setItem } = memoryStorage();
  Object.defineProperty(globalThis, "localStorage", { value: { getItem, setItem }, configurable: true });
  for (const emoji of ["🐀", "👍", "🐀"]) rememberEmoji(emoji);
  assert.deepEqual(recentEmoji(4), ["🐀", "👍", "❤️", "😂"]);
  for (let code = 0x1f600; code < 0x1f640; code += 1) rememberEmoji(String.fromCodePoint(code));
  assert.deepEqual([recentEmoji(1), recentEmoji().length], [[String.fromCodePoint(0x1f63f)], 24]);
  Reflect.deleteProperty(globalThis, "localStorage");
});

test("each set has every emoji once", () => {
  for (const { name, emoji } of emojiSets()) assert.equal(new Set(emoji).size, emoji.length, name);
});
