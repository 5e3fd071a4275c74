/** What people are called, and how their names are found. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { complete } from "../../../static/js/composing/completion.js";
import { rank, tierOf } from "../../../static/js/composing/ranking.js";
import { layout } from "../../../static/js/state/layout.js";
import { createStore, initial } from "../../../static/js/state/store.js";
import { fold } from "../../../static/js/words/folding.js";
import {
  handleBeside,
  plainName,
  renamed,
  setNames,
  shownName,
  shownTitle,
  unknown,
} from "../../../static/js/words/names.js";
import { describe } from "../../../static/js/words/service_lines.js";
import { typingText } from "../../../static/js/words/typing.js";

const MARIA = "Мария Łukasz O'Neil";
setNames([
  { name: "maria", display_name: MARIA },
  { name: "twin", display_name: `${MARIA} @twin` },
  { name: "karim", display_name: "كريم @karim" },
  { name: "bob" },
]);

test("a name is shown, and the handle of who has none", () => {
  assert.deepEqual(["maria", "twin", "bob"].map(shownName), [MARIA, `${MARIA} @twin`, "bob"]);
  assert.deepEqual(["maria", "twin", "bob"].map(plainName), [MARIA, MARIA, "bob"]);
  assert.deepEqual(["maria", "twin", "bob"].map(handleBeside), ["@maria", "@twin", ""]);
  assert.equal(shownName("karim"), "\u2068كريم\u2069 @karim", "in its own direction, the handle not");
});

test("who isn't known is asked for, once", () => {
  assert.equal(shownName("dora"), "dora");
  assert.deepEqual([...unknown], ["dora"]);
  setNames([{ name: "dora" }]);
  shownName("dora");
  shownName("deleted user");
  assert.deepEqual([...unknown], []);
});

test("an answer that was asked for before a change doesn't undo it", () => {
  const askedAt = performance.now();
  renamed({ name: "eve", display_name: "Evelyn" });
  setNames([{ name: "eve", display_name: "Eve" }], askedAt - 1);
  assert.equal(shownName("eve"), "Evelyn");
  setNames([{ name: "eve", display_name: "Eva" }], performance.now() + 1);
  assert.equal(shownName("eve"), "Eva");
});

test("titles of conversations are names, those of rooms are as they are", () => {
  assert.equal(shownTitle({ kind: "direct", title: "maria" }), MARIA);
  assert.equal(shownTitle({ kind: "group", title: "bob, maria" }), `bob, ${MARIA}`);
  assert.equal(shownTitle({ kind: "open", title: "maria" }), "maria");
});

test("lines and the typing indicator name people", () => {
  assert.equal(describe({ kind: "joined", author: "maria", text: "" }), `${MARIA} joined the room`);
  const text = "maria removed bob from the room: why";
  assert.equal(
    describe({ kind: "killed", author: "maria", target: "bob", text }),
    `${MARIA} removed bob from the room: why`,
  );
  assert.equal(typingText(["bob", "maria"]), `bob and ${MARIA} are typing…`);
});

test("any word of a name finds it, without case and accents", () => {
  assert.equal(fold("ŁUKASZ Ærø Straße"), "lukasz aero strasse");
  for (const typed of ["lukasz", "мария", "oneil", "neil", "lukasz мар"])
    assert.ok(tierOf(typed, MARIA) <= 2, typed);
  /** @type {any[]} */
  const people = [{ kind: "person", name: "maria", title: MARIA, handle: "maria" }];
  for (const typed of ["@maria", "oneil"]) assert.equal(rank(typed, people).length, 1, typed);
  assert.equal(rank("marta", people).length, 0);
  const here = {
    you: { name: "bob", role: "member" },
    members: new Map([["maria", { name: "maria", role: "member", present: true }]]),
    commands: [],
    rooms: new Map(),
    may: [],
    room: {},
  };
  const known = { people: () => [], rooms: () => [], emoji: () => [], ranks: () => new Map() };
  for (const typed of ["@luk", "@мар", "@maria", "@oneil"]) {
    const [item] = complete(typed, typed.length, here, known)?.items ?? [];
    assert.deepEqual([item?.label, item?.text], [MARIA, "@maria "], typed);
    assert.match(item?.detail ?? "", /^@maria · /);
  }
});

test("a new name makes all rows anew", () => {
  const page = {
    room: { name: "hall", topic: "", kind: "open", title: "hall" },
    you: { name: "bob", role: "member" },
    messages: [{ seq: 1, number: 1, kind: "post", author: "maria", text: "Hi", at: "2026-11-21T09:30:00Z" }],
    ...{ members: [], invitations: [], rooms: [], commands: [], may: [], last_number: 1, read_number: 1 },
  };
  const store = createStore(initial(page), () => {});
  const shape = () => layout(store.state).at(-1)?.shape;
  const before = shape();
  assert.equal(shape(), before);
  store.receive({ type: "person", name: "maria", display_name: "Masha" });
  assert.notEqual(shape(), before);
  assert.equal(shownName("maria"), "Masha");
  setNames([{ name: "maria", display_name: MARIA }]);
});
