/** The words of what other programs share. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { textOf } from "../../../static/js/local/shared.js";

/** @param {Record<string, string>} fields */
const form = (fields) => {
  const found = new FormData();
  for (const [name, value] of Object.entries(fields)) found.set(name, value);
  return found;
};

test("title, text and address, each once", () => {
  const url = "https://fish.example/";
  assert.equal(textOf(form({ title: "Fish", text: " fresh ", url })), `Fish\nfresh\n${url}`);
  assert.equal(textOf(form({ title: url, text: url, url })), url);
  // Many programs put the address into the text.
  assert.equal(textOf(form({ title: "Fish", text: `Fish at ${url}`, url })), `Fish at ${url}`);
  assert.equal(textOf(form({ text: "", other: "x" })), "");
});

test("a bounded part of it", () => {
  assert.equal(textOf(form({ text: "x".repeat(50_000) })).length, 10_000);
});
