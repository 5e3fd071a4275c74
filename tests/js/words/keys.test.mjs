/** The table of keys: what was pressed, and that no two do different things in one place. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { keyOf, latinKey } from "../../../static/js/dom/key_of.js";
import {
  doing,
  keyGroups,
  labelsOf,
  PAGE_KEYS,
  TIMELINE_KEYS,
} from "../../../static/js/words/keys.js";

test("what was pressed, by its sign", () => {
  assert.equal(keyOf({ key: "j", code: "KeyJ" }), "j");
  assert.equal(keyOf({ key: "?", code: "Slash", shiftKey: true }), "?");
  assert.equal(keyOf({ key: "ArrowUp", altKey: true, shiftKey: true }), "Alt+Shift+ArrowUp");
  assert.equal(keyOf({ key: "K", code: "KeyK", metaKey: true, shiftKey: false }), "Ctrl+k");
  assert.equal(keyOf({ key: "/", ctrlKey: true }), "Ctrl+/");
});

test("on a keyboard without Latin letters the key itself counts", () => {
  assert.equal(keyOf({ key: "о", code: "KeyJ" }), "j");
  assert.equal(keyOf({ key: "j", code: "KeyC" }), "j", "Dvorak: the letter, not the place");
  assert.equal(keyOf({ key: ":", code: "Digit6", shiftKey: true }), ":");
  const typed = /** @type {[string, string, string, boolean?][]} */ ([
    ["л", "KeyK", "k"], // Russian
    ["κ", "KeyK", "k"], // Greek
    ["ن", "KeyK", "k"], // Arabic
    ["لا", "KeyB", "b"], // one key, two letters
    ["ל", "KeyK", "k"], // Hebrew
    ["क", "KeyK", "k"], // Hindi
    ["ा", "KeyE", "e"], // a vowel alone
    ["ㅏ", "KeyK", "k"], // Korean
    ["の", "KeyK", "k"], // Japanese
    ["า", "KeyK", "k"], // Thai
    ["კ", "KeyK", "k"], // Georgian
    ["Л", "KeyK", "k", true],
    ["Dead", "KeyN", "n"],
  ]);
  for (const [key, code, wanted, shiftKey = false] of typed)
    assert.equal(latinKey({ key, code, shiftKey }), wanted, key);
});

test("the signs of the page's keys, where a keyboard without Latin letters hides them", () => {
  assert.equal(keyOf({ key: ".", code: "Slash", ctrlKey: true }), "Ctrl+/", "Russian, Hebrew");
  assert.equal(keyOf({ key: ",", code: "Slash", shiftKey: true }), "?");
  assert.equal(keyOf({ key: "Ж", code: "Semicolon", shiftKey: true }), ":");
  assert.equal(keyOf({ key: "ظ", code: "Slash", ctrlKey: true }), "Ctrl+/", "Arabic");
  assert.equal(keyOf({ key: "؟", code: "Slash", shiftKey: true }), "?");
  assert.equal(keyOf({ key: ";", code: "KeyQ" }), ";", "Greek: the sign itself");
});

test("a Latin letter is itself, wherever it is", () => {
  assert.equal(keyOf({ key: "ğ", code: "KeyE" }), "ğ", "Turkish F");
  assert.equal(keyOf({ key: "ö", code: "Semicolon" }), "ö", "German");
  assert.equal(keyOf({ key: "Ö", code: "Semicolon", shiftKey: true }), "Ö");
  assert.equal(keyOf({ key: "ı", code: "KeyI", ctrlKey: true }), "Ctrl+i", "Turkish");
  assert.equal(keyOf({ key: "-", code: "Slash", ctrlKey: true }), "Ctrl+-", "German");
  for (const key of ["Enter", "F10", "ContextMenu", "ArrowUp", "Process"])
    assert.equal(keyOf({ key, code: "KeyJ" }), key);
});

test("a letter with a modifier is another key", () => {
  assert.equal(doing(TIMELINE_KEYS, { key: "r", code: "KeyR" }), "reply");
  assert.equal(doing(TIMELINE_KEYS, { key: "r", code: "KeyR", ctrlKey: true }), undefined);
  assert.equal(
    doing(PAGE_KEYS, { key: "k", code: "KeyK", ctrlKey: true }),
    undefined,
    "another part of the page has it",
  );
});

test("each key once in its place; single letters in the timeline only", () => {
  for (const { keys } of keyGroups()) {
    const all = keys.flatMap((key) => key.keys);
    assert.equal(new Set(all).size, all.length);
    for (const key of keys) assert.ok(key.says());
  }
  assert.deepEqual(
    PAGE_KEYS.flatMap(({ keys }) => keys).filter((key) => key.length === 1),
    [],
  );
});

test("as it is written on the keys", () => {
  assert.deepEqual(labelsOf("Alt+ArrowUp"), ["Alt", "↑"]);
  assert.deepEqual(labelsOf("Ctrl+k"), ["Ctrl", "K"]);
  assert.deepEqual(labelsOf("j"), ["j"]);
  assert.deepEqual(labelsOf("Escape"), ["Esc"]);
});
