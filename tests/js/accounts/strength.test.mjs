import assert from "node:assert/strict";
import { test } from "node:test";

import { strength } from "../../../static/js/accounts/strength.js";

test("short, common and monotonous ones are weak", () => {
  const weak = ["", "a", "aB3$", "liverpool", "summer2024", "aaaaaaaaaaaaaaaaaaaa", "12345678901234"];
  for (const password of weak)
    assert.equal(strength(password), "weak", password);
});

test("longer and more various ones are fair, then strong", () => {
  assert.equal(strength("teapot-windo"), "fair");
  assert.equal(strength("correct horse battery"), "strong");
  assert.equal(strength("пингвины едят торт"), "strong");
  assert.equal(strength("x7!94$#qLmT2v"), "strong");
});

test("more letters never make it weaker", () => {
  const order = ["weak", "fair", "strong"];
  let before = 0;
  const text = "a few words of mine, and more";
  for (let length = 1; length <= text.length; length++) {
    const now = order.indexOf(strength(text.slice(0, length)));
    assert.ok(now >= before, text.slice(0, length));
    before = now;
  }
});

test("one's own names add nothing", () => {
  assert.equal(strength("margarethe-hamilton-69", ["margarethe", "hamilton"]), "weak");
  assert.equal(strength("Margarethe.Hamilton.69", ["margarethe", "hamilton"]), "weak");
  assert.notEqual(strength("margarethe-hamilton-69", ["al", ""]), "weak");
});
