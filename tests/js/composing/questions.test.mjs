/** How many people a text calls, as far as the page can know. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { countCalled, mayNeedYes } from "../../../static/js/composing/questions.js";

const names = ["alice", "bob", "carol", "dave"];
const state = {
  you: { name: "alice", role: "owner" },
  members: new Map(names.map((name) => [name, { name, role: "member", present: name !== "dave" }])),
};
const count = (/** @type {string} */ text) => countCalled(text, state);

test("all the others, or those who are here", () => {
  assert.equal(count("@all"), 3);
  assert.equal(count("hello, @ALL!"), 3);
  assert.equal(count("(@here)"), 2);
  assert.equal(count("@here and @all."), 3);
});

test("nobody by a name that begins so, and not in code, quotes or addresses", () => {
  for (const text of ["", "all", "@allison", "@here.after", "a@all", "x/@all", "\\@all", "@all@b.example"])
    assert.equal(count(text), 0, text);
  for (const text of ["`@all`", "```\n@all\n```", "```\n@all", "> @all\n> @here", "``a ` @all``"])
    assert.equal(count(text), 0, text);
  assert.equal(count("> @all\n@here"), 2);
});

test("what can't be taken back is asked about", () => {
  const members = new Map();
  for (const text of ["/clear", "/CLEAR  ", "/clear it", "/leave", "/Leave ", "/kind open", "/KIND  open "])
    assert.equal(mayNeedYes(text, { members }), true, text);
  for (const text of ["//clear", "/clears", "clear", "/leave anyway", "/kind closed", "/kind opener", "@all"])
    assert.equal(mayNeedYes(text, { members }), false, text);
});
