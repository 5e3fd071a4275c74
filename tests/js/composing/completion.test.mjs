/** What is completed, and in which order. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { commandOf } from "../../../static/js/composing/commands.js";
import { contextAt, complete } from "../../../static/js/composing/completion.js";
import { Lookups } from "../../../static/js/server/lookups.js";
import { Recents } from "../../../static/js/local/recents.js";
import { memoryStorage, mockTimeouts, present } from "../support.mjs";

/** @typedef {import("../../../static/js/composing/completion.js").Known} Known */
/** @typedef {import("../../../static/js/composing/completion.js").Here} Here */

const MEMBERS = [
  { name: "alice", role: "owner", present: true },
  { name: "anna", role: "member", present: true },
  { name: "andy", role: "moderator", present: false },
  { name: "bob", role: "member", present: true },
  { name: "bobby", role: "member", present: true },
  { name: "Жанна", role: "member", present: false },
];
const COMMANDS = [
  { name: "help", usage: "/help [command]", help: "What you may do", aliases: [] },
  { name: "invite", usage: "/invite @user", help: "Ask somebody in", aliases: [] },
  { name: "join", usage: "/join room", help: "Go there", aliases: [] },
  { name: "kick", usage: "/kick @user [reason]", help: "Remove", aliases: ["kill"] },
  { name: "leave", usage: "/leave", help: "Go", aliases: ["part"] },
];
const EMOJI = [
  ["😀", "grinning face", "grinning"],
  ["🐱", "cat face", "cat"],
  ["😺", "grinning cat", "smiley_cat"],
  ["👨‍🎓", "man student", "man_student"],
];

const room = (/** @type {string} */ name, /** @type {string} */ kind) => ({
  name,
  kind,
  title: name,
  last_number: 0,
  read_number: 0,
  mentions: 0,
});

/** @type {Here} */
const HERE = {
  you: { name: "alice", role: "owner" },
  members: new Map(MEMBERS.map((one) => [one.name, one])),
  commands: COMMANDS,
  may: ["post"],
  room: {},
  rooms: new Map([
    ["garden", room("garden", "open")],
    ["vault", room("vault", "closed")],
    ["direct.1", room("direct.1", "direct")],
  ]),
};

/**
 * @param {object} [what]
 * @param {ReturnType<Known["people"]>} [what.people]
 * @param {ReturnType<Known["rooms"]>} [what.rooms]
 * @param {string[][]} [what.emoji]
 * @param {Partial<Record<import("../../../static/js/composing/completion.js").Kind, string[]>>}
 *   [what.recent]
 * @returns {Known}
 */
function known({ people = [], rooms = [], emoji = EMOJI, recent = {} } = {}) {
  return {
    people: () => people,
    rooms: () => rooms,
    emoji: () => emoji,
    ranks: (kind) => new Map((recent[kind] ?? []).map((name, index) => [name, index])),
  };
}

const proposed = (/** @type {string} */ text, from = known(), here = HERE) =>
  complete(text, text.length, here, from)?.items.map(({ name }) => name) ?? null;

test("members: who is here before who is away, then by name; never oneself", () => {
  assert.deepEqual(proposed("@"), ["anna", "bob", "bobby", "andy", "Жанна", "all", "here"]);
  assert.deepEqual(proposed("hi @an"), ["anna", "andy"]);
  assert.deepEqual(proposed("(@Жа"), ["Жанна"]);
  assert.equal(proposed("@alice"), null);
  assert.equal(proposed("mail@an"), null);
});

test("members: recent ones first, but nobody before the one whose name it is", () => {
  assert.deepEqual(proposed("@an", known({ recent: { person: ["andy"] } })), ["andy", "anna"]);
  assert.deepEqual(proposed("@bob", known({ recent: { person: ["bobby"] } })), ["bob", "bobby"]);
});

test("people beyond the members come after them, and are marked", () => {
  const found = complete(
    "@an",
    3,
    HERE,
    known({ people: [{ name: "anders" }, { name: "anna" }], recent: { person: ["anders"] } }),
  );
  assert.deepEqual(
    present(found).items.map(({ name, detail }) => [name, detail]),
    [
      ["anna", "online"],
      ["andy", "moderator, not online"],
      ["anders", "not in this room"],
    ],
  );
});

test("an answer to another word never shows", () => {
  assert.equal(proposed("@zo", known({ people: [{ name: "anders" }] })), null);
});

test("rooms: one's own first, conversations never", () => {
  const found = complete(
    "see #a",
    6,
    HERE,
    known({
      rooms: [
        { name: "attic", kind: "open", topic: "Dust" },
        { name: "garden", kind: "open" },
        { name: "direct.1", kind: "direct" },
      ],
    }),
  );
  assert.deepEqual(
    present(found).items.map(({ text, sign }) => [text, sign]),
    [["#attic ", "hash"]],
  );
  assert.deepEqual(proposed("#"), ["garden", "vault"]);
  assert.deepEqual(proposed("#", known({ recent: { room: ["vault"] } })), ["vault", "garden"]);
  assert.equal(proposed("# heading"), null);
});

test("a menu leaves Enter alone where what is typed can't be what it proposes", () => {
  const seen = (/** @type {string} */ text) => {
    const found = complete(text, text.length, HERE, known({ rooms: [{ name: "room_1" }, { name: "cat" }] }));
    return found && [found.passive, found.items[0].text];
  };
  assert.deepEqual(seen("see #1"), [true, "#room_1 "]);
  assert.deepEqual(seen("see #r"), [false, "#room_1 "]);
  assert.deepEqual(seen("so :ca"), [false, "🐱 "]);
  assert.deepEqual(seen("/join r"), [true, "room_1 "]);
});

test("emoji: by shortcode and name after two letters, recent ones first", () => {
  assert.equal(proposed(":g"), null);
  assert.equal(proposed("9:30"), null);
  assert.deepEqual(proposed("so :gr"), ["😀", "😺"]);
  assert.deepEqual(proposed(":cat"), ["🐱", "😺"]);
  assert.deepEqual(proposed(":gri", known({ recent: { emoji: ["😺"] } })), ["😺", "😀"]);
  assert.equal(present(complete(":gri", 4, HERE, known())).items[0].text, "😀 ");
});

test("commands: at the beginning only, by name and alias", () => {
  assert.deepEqual(proposed("/ki"), ["kick"]);
  assert.deepEqual(proposed("/"), ["help", "invite", "join", "kick", "leave"]);
  assert.equal(proposed("/", known({ recent: { command: ["leave"] } }))?.[0], "leave");
  assert.equal(proposed("x /ki"), null);
  assert.equal(proposed("//ki"), null);
});

test("arguments of commands, with or without a sign; Enter sends until one moves into the list", () => {
  const found = complete("/kick bo", 8, HERE, known());
  assert.deepEqual(
    [present(found).passive, present(found).from, present(found).items.map(({ text }) => text)],
    [true, 6, ["@bob ", "@bobby "]],
  );
  assert.equal(present(complete("/kick @bo", 9, HERE, known())).passive, false);
  assert.deepEqual(proposed("/invite a", known({ people: [{ name: "anders" }] })), [
    "anna",
    "andy",
    "anders",
  ]);
  assert.deepEqual(proposed("/join gar"), ["garden"]);
  assert.equal(present(complete("/join gar", 9, HERE, known())).items[0].text, "garden ");
  assert.deepEqual(proposed("/help in"), ["invite"]);
  assert.equal(proposed("/kick bob an"), null);
  assert.equal(proposed("/nothing bo"), null);
});

test("Enter may send what needs no more words", () => {
  const done = Object.fromEntries(
    present(complete("/", 1, HERE, known())).items.map((item) => [item.name, item.done]),
  );
  assert.deepEqual(done, { help: true, invite: false, join: false, kick: false, leave: true });
});

test("the usage of a command shows while its arguments are typed", () => {
  assert.equal(commandOf("/kill @bob", COMMANDS)?.name, "kick");
  assert.equal(commandOf("/kill", COMMANDS), undefined);
});

test("at most eight", () => {
  const members = new Map(
    Array.from({ length: 30 }, (_, place) => [
      `p${place}`,
      { name: `p${place}`, role: "member", present: true },
    ]),
  );
  assert.equal(proposed("@p", known(), { ...HERE, members })?.length, 8);
});

test("the caret decides, not the end of the text", () => {
  assert.deepEqual(contextAt("@an and more", 3, COMMANDS), {
    kind: "person",
    word: "an",
    from: 0,
    to: 3,
    passive: false,
    isArgument: false,
  });
});

test("recent use is kept, the last first, each once; what is broken is nothing", () => {
  const storage = memoryStorage();
  const recents = new Recents(storage, "k");
  for (const name of ["a", "b", "a"]) recents.use(name);
  assert.deepEqual(new Recents(storage, "k").all(), ["a", "b"]);
  for (const broken of ["{", "7", '{"a":1}', "👍 🎉"]) {
    storage.set("k", broken);
    assert.deepEqual(recents.all(), []);
  }
});

test("the server is asked once for what was typed last, and what it said is kept", async (context) => {
  const clock = mockTimeouts(context);
  /** @type {string[]} */
  const requests = [];
  let news = 0;
  const get = async (/** @type {string} */ address) => {
    requests.push(address);
    return { people: [{ name: "anders" }] };
  };
  const lookups = new Lookups({ storage: memoryStorage(), user: "alice", onAnswer: () => (news += 1), get });
  assert.deepEqual([lookups.people(""), lookups.people("a"), lookups.people("an")], [[], [], []]);
  clock.tick(200);
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual([requests, news], [["/people?q=an"], 1]);
  assert.deepEqual(lookups.people("An"), [{ name: "anders" }]);
  // Until the longer word's answer is here, the shorter one's has to do.
  assert.deepEqual(lookups.people("and"), [{ name: "anders" }]);
});

test("all and here: in a small room, or for who may", () => {
  assert.deepEqual(proposed("@a"), ["anna", "andy", "all"]);
  assert.deepEqual(proposed("@ALL"), ["all"]);
  assert.deepEqual(proposed("/invite @all"), null);
  const names = Array.from({ length: 21 }, (_, index) => `z${index}`);
  const members = new Map(names.map((name) => [name, { name, role: "member", present: true }]));
  const large = { ...HERE, members };
  assert.deepEqual(proposed("@here", known(), large), null);
  assert.deepEqual(proposed("@here", known(), { ...large, may: ["mention_groups"] }), ["here"]);
});
