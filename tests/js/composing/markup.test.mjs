/**
 * The toolbar on a text: "[" and "]" in these stories are where the selection begins and ends, "|"
 * is a bare caret.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { breakLine, pasteLink } from "../../../static/js/composing/markup.js";
import { makeLink, toggleCodeBlock, toggleMark, togglePrefix } from "../../../static/js/composing/tools.js";

/** @param {string} story */
function read(story) {
  if (story.includes("|")) {
    const start = story.indexOf("|");
    return { text: story.replace("|", ""), start, end: start };
  }
  const start = story.indexOf("«");
  return { text: story.replace(/[«»]/g, ""), start, end: story.indexOf("»") - 1 };
}

/** @typedef {import("../../../static/js/composing/markup.js").Selected} Selected */
/** @typedef {import("../../../static/js/composing/markup.js").Edit} Edit */
/** @typedef {(selected: Selected) => Edit|null} Act */

/** @param {string} story @param {Act} act */
function done(story, act) {
  const selected = read(story);
  const edit = act(selected);
  if (!edit) return null;
  const text = selected.text.slice(0, edit.from) + edit.insert + selected.text.slice(edit.to);
  if (edit.start === edit.end) return `${text.slice(0, edit.start)}|${text.slice(edit.start)}`;
  return `${text.slice(0, edit.start)}«${text.slice(edit.start, edit.end)}»${text.slice(edit.end)}`;
}

/** @param {string} name @param {Act} act @param {[string, string|null][]} pairs */
const stories = (name, act, pairs) =>
  test(name, () => {
    for (const [before, after] of pairs) assert.equal(done(before, act), after, before);
  });

stories("bold comes and goes", (selected) => toggleMark(selected, "**"), [
  ["a «word» here", "a **«word»** here"],
  ["a **«word»** here", "a «word» here"],
  ["a «**word**» here", "a «word» here"],
  ["a« word »here", "a **«word»** here"],
  ["say |", "say **|**"],
  ["say **|**", "say |"],
  ["say **loud|** now", "say **loud**| now"],
  ["an *«italic»* one", "an ***«italic»*** one"],
  ["***«both»***", "*«both»*"],
  ["«**»", "**«**»**"],
  ["un«believ»able, so", "**«unbelievable»**, so"],
  ["жи«вой» мир", "**«живой»** мир"],
  ["これは«太字»です", "これは**«太字»**です"],
]);

stories("italic isn't taken for bold", (selected) => toggleMark(selected, "*"), [
  ["«word»", "*«word»*"],
  ["**«word»**", "***«word»***"],
  ["***«word»***", "**«word»**"],
  ["«*word*»", "«word»"],
]);

stories("strike and code", (selected) => toggleMark(selected, "~~"), [
  ["«gone»", "~~«gone»~~"],
  ["~~«gone»~~", "«gone»"],
]);

stories("a block of code takes whole lines", toggleCodeBlock, [
  ["one\nt«wo\nth»ree\nfour", "one\n```\n«two\nthree»\n```\nfour"],
  ["one\n```\n«two\nthree»\n```\nfour", "one\n«two\nthree»\nfour"],
  ["«```js\nx\n```»", "«x»"],
  ["|", "```\n|\n```"],
  ["a |b", "```\na |b\n```"],
  ["«```» in it", "````\n«``` in it»\n````"],
]);

stories("a link", makeLink, [
  ["see «this»", "see [this](|)"],
  ["see |", "see [|]()"],
  ["«https://a.example/(x)»", "[|](https://a.example/(x))"],
]);

stories("a list", (selected) => togglePrefix(selected, "list"), [
  ["«one\ntwo»", "«- one\n- two»"],
  ["«- one\n- two»", "«one\ntwo»"],
  ["one\ntw|o", "one\n- tw|o"],
  ["|", "- |"],
  ["- |", "|"],
  ["«one\n\ntwo»", "«- one\n\n- two»"],
  ["«one\n»two", "«- one»\ntwo"],
]);

stories("numbers and quotes", (selected) => togglePrefix(selected, "numbers"), [
  ["«a\nb\nc»", "«1. a\n2. b\n3. c»"],
  ["«1. a\n2. b»", "«a\nb»"],
]);
stories("a quote", (selected) => togglePrefix(selected, "quote"), [
  ["«a\nb»", "«> a\n> b»"],
  ["«> a\n> b»", "«a\nb»"],
]);

stories("a new line goes on with a list, and ends it at an empty item", breakLine, [
  ["- milk|", "- milk\n- |"],
  ["  * milk| and more", "  * milk\n  * | and more"],
  ["9. milk|", "9. milk\n10. |"],
  ["> said|", "> said\n> |"],
  ["- milk\n- |", "- milk\n|"],
  ["milk|", null],
  ["-milk|", null],
  ["-|", null],
  ["2026. |", "|"],
  ["We met in\n2019. It was|", null],
  ["We met in\n1. Paris\n2. Rome|", "We met in\n1. Paris\n2. Rome\n3. |"],
  ["Here:\n\n5. five|", "Here:\n\n5. five\n6. |"],
  ["5. five\n  and more\n6. six|", "5. five\n  and more\n6. six\n7. |"],
  ["007. Bond|", null],
  ["- [x] done|", "- [x] done\n- [ ] |"],
  ["- [ ] a\n- [ ] |", "- [ ] a\n|"],
  [">5 people|", null],
  ["> > deep|", "> > deep\n> > |"],
  [" ```js\n- code|", null],
  ["~~~\n- code|", null],
  ["```\ncode\n```\n- milk|", "```\ncode\n```\n- milk\n- |"],
  ["````\n```\n- code|", null],
  ["```\n- milk|", null],
  ["«- milk»", null],
]);

stories(
  "an address pasted onto words makes a link",
  (selected) => pasteLink(selected, " https://a.example/x_(y) "),
  [
    ["see «this page».", "see [this page](https://a.example/x_(y))|."],
    ["see |", null],
    ["«https://b.example»", null],
    ["«two\nlines»", null],
    ["[x](«y»)", null],
    ["```\n«code»\n```", null],
  ],
);

test("other things are pasted as they are", () => {
  for (const pasted of ["javascript:alert(1)", "https://a.example and more", "word", ""]) {
    assert.equal(pasteLink({ text: "word", start: 0, end: 4 }, pasted), null);
  }
});
