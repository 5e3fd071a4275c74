/** The page's words: placeholders, plurals, service lines, in English and with a catalogue. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

const { describe } = await import("../../../static/js/words/service_lines.js");
const { interpolate, n, t, useTexts } = await import("../../../static/js/words/texts.js");

const RUSSIAN = {
  language: "ru",
  plurals: ["one", "few", "many"],
  texts: {
    Today: "Сегодня",
    "{author} invited {target}": "{author} приглашает {target}",
    "{count} waiting": ["ждёт {count}", "ждут {count}", "ждут {count}"],
    "{count} new message": ["{count} новое сообщение", "{count} новых сообщения", "{count} новых сообщений"],
  },
};

afterEach(() => useTexts());

test("English is what stands in the code", () => {
  assert.equal(t("Today"), "Today");
  assert.deepEqual(
    [0, 1, 2, 5, 11, 21].map((count) => n("{count} new message", "{count} new messages", count)),
    [
      "0 new messages",
      "1 new message",
      "2 new messages",
      "5 new messages",
      "11 new messages",
      "21 new messages",
    ],
  );
});

test("Russian has three forms, and says what isn't in its catalogue in English", () => {
  useTexts(RUSSIAN);
  assert.equal(t("Today"), "Сегодня");
  assert.equal(t("Tomorrow, {name}", { name: "bob" }), "Tomorrow, bob");
  assert.deepEqual(
    [0, 1, 2, 5, 11, 21, 22, 111].map((count) => n("{count} new message", "{count} new messages", count)),
    [
      "0 новых сообщений",
      "1 новое сообщение",
      "2 новых сообщения",
      "5 новых сообщений",
      "11 новых сообщений",
      "21 новое сообщение",
      "22 новых сообщения",
      "111 новых сообщений",
    ],
  );
  assert.deepEqual(
    [1, 2].map((count) => n("{count} draft", "{count} drafts", count)),
    ["1 draft", "2 drafts"],
  );
});

test("what a person typed is no placeholder, and no pattern of a replacement", () => {
  assert.equal(t("{author} invited {target}", { author: "{target}", target: "$&" }), "{target} invited $&");
  assert.equal(t("{constructor} {toString}", {}), "{constructor} {toString}");
});

test("nodes in the place of a name", () => {
  const node = {};
  assert.deepEqual(interpolate("{names} went", "names", [node]), [node, " went"]);
  assert.deepEqual(interpolate("und {names}", "names", [node, ", ", node]), ["und ", node, ", ", node]);
  assert.deepEqual(interpolate("none", "names", [node]), ["none", node]);
});

const line = (/** @type {string} */ kind, /** @type {string} */ text, /** @type {string} */ target = "") => ({
  kind,
  author: "alice",
  text,
  target,
});

test("service lines say in English what the server wrote", () => {
  for (const [kind, text, target] of [
    ["created", "alice created the room"],
    ["joined", "alice joined the room"],
    ["came", "alice came in"],
    ["went", "alice went away"],
    ["left", "alice left the room"],
    ["invited", "alice invited bob", "bob"],
    ["cleared", "alice cleared the history"],
    ["killed", "alice removed bob from the room", "bob"],
    ["killed", "alice removed bob from the room: too: loud", "bob"],
    ["role", "alice made bob a moderator", "bob"],
    ["role", "alice made bob a member", "bob"],
    ["role", "bob is the owner now", "bob"],
    ["later", "something else happened"],
  ]) {
    assert.equal(describe(line(kind, text, target)), text);
  }
  assert.equal(describe(line("topic", "Beans")), "alice set the topic: Beans");
  assert.equal(describe(line("topic", "")), "alice removed the topic");
});

test("and in the reader's language what they tell; what can't be told apart stays as it is", () => {
  useTexts(RUSSIAN);
  assert.equal(describe(line("invited", "alice invited bob", "bob")), "alice приглашает bob");
  assert.equal(describe(line("killed", "an older wording", "bob")), "an older wording");
  assert.equal(describe(line("role", "alice made bob a king", "bob")), "alice made bob a king");
  assert.equal(describe(line("constructor", "odd")), "odd");
});
