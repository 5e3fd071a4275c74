/** From lines to rows: groups, dividers, folded runs, and how long a page waits to come back. */
process.env.TZ = "Europe/Berlin";

import assert from "node:assert/strict";
import { test } from "node:test";

const { dayLabel } = await import("../../../static/js/words/dates.js");
const { layout, summarise } = await import("../../../static/js/state/layout.js");
const { fullJitter, isFinal } = await import("../../../static/js/server/connection.js");
const { AT, lobby, post: posted } = await import("../support.mjs");

/** @typedef {import("../../../static/js/state/types.js").Line} Line */
/** @typedef {import("../../../static/js/state/layout.js").Row} Row */

const NOW = new Date("2026-11-21T12:00:00+01:00");
let seq = 0;
/**
 * @param {string} kind
 * @param {string} author
 * @param {string} at
 * @param {Partial<Line>} [fields]
 */
const line = (kind, author, at, fields = {}) => ({
  seq: (seq += 1),
  kind,
  author,
  text: "x",
  at,
  ...(kind === "post" || kind === "me" ? { number: seq } : {}),
  ...fields,
});
/** @param {string} author @param {string} at @param {Partial<Line>} [fields] */
const post = (author, at, fields) => line("post", author, at, fields);

/**
 * @param {Line[]} messages
 * @param {Partial<import("../../../static/js/state/store.js").State>} [fields]
 */
const rowsOf = (messages, fields = {}) => layout(Object.assign(lobby({ messages }).state, fields), NOW);
const kinds = (/** @type {Row[]} */ rows) => rows.map((row) => row.kind + (row.continues ? "+" : ""));

test("one author's posts within five minutes are a group", () => {
  const rows = rowsOf([
    post("bob", "2026-11-21T09:00:00Z"),
    post("bob", "2026-11-21T09:05:00Z"),
    post("bob", "2026-11-21T09:10:01Z"),
    post("eve", "2026-11-21T09:10:02Z"),
  ]);
  assert.deepEqual(kinds(rows), ["day", "message", "message+", "message", "message"]);
});

test("a day begins at the reader's own midnight", () => {
  const rows = rowsOf([post("bob", "2026-11-20T22:59:00Z"), post("bob", "2026-11-20T23:00:00Z")]);
  assert.deepEqual(
    rows.filter((row) => row.kind === "day").map((row) => row.label),
    ["Yesterday", "Today"],
  );
  assert.deepEqual(kinds(rows), ["day", "message", "day", "message"]);
});

test("a clock that was set back divides no day twice", () => {
  const rows = rowsOf([
    post("bob", "2026-11-21T09:00:00Z"),
    post("bob", "2026-11-19T09:00:00Z"),
    post("bob", "2026-11-21T09:01:00Z"),
  ]);
  assert.equal(kinds(rows).filter((kind) => kind === "day").length, 1);
});

test("today and yesterday, also where the clocks change", () => {
  assert.equal(dayLabel("2026-10-25", new Date("2026-10-25T23:30:00+01:00")), "Today");
  assert.equal(dayLabel("2026-10-24", new Date("2026-10-25T23:30:00+01:00")), "Yesterday");
  assert.match(dayLabel("2025-03-01", NOW), /2025/);
});

test("the New line stands before no deleted post", () => {
  const lines = ["09:00", "09:01", "09:02"].map((time) => post("bob", `2026-11-21T${time}:00Z`));
  const newAfter = lines[0].number ?? 0;
  lines[1].deleted = true;
  assert.deepEqual(kinds(rowsOf(lines, { newAfter, more: true })), [
    ...["day", "message", "message+", "new", "message"],
  ]);
  lines[2].deleted = true;
  assert.ok(!kinds(rowsOf(lines, { newAfter })).includes("new"), "nothing new is left");
  // The first unread one isn't loaded.
  lines[2].deleted = false;
  assert.ok(!kinds(rowsOf(lines, { newAfter: newAfter - 5, more: true })).includes("new"));
});

test("runs of deleted posts fold into one row, until one is looked for", () => {
  const lines = ["09:00", "09:01", "09:02", "09:03"].map((time) => post("bob", `2026-11-21T${time}:00Z`));
  for (const one of lines.slice(1)) one.deleted = true;
  const rows = rowsOf(lines);
  assert.deepEqual(kinds(rows), ["day", "message", "gone"]);
  assert.deepEqual(rows[2].lines, lines.slice(1));
  assert.equal(rows[2].line, lines[3], "what is on screen is known by the last");
  // A single one stays a message, and so does one that was gone to.
  lines[2].deleted = false;
  assert.deepEqual(kinds(rowsOf(lines)), ["day", "message", "message+", "message+", "message+"]);
  lines[2].deleted = true;
  const uncovered = new Set([lines[2].number ?? 0]);
  const apart = ["day", "message", "message+", "message+", "message+"];
  assert.deepEqual(kinds(rowsOf(lines, { uncovered })), apart);
  const joined = line("joined", "eve", "2026-11-21T09:04:00Z");
  assert.deepEqual(kinds(rowsOf([...lines, joined])), ["day", "message", "gone", "service"]);
});

test("the New line stands before the first unread post", () => {
  const lines = [
    post("bob", "2026-11-21T09:00:00Z"),
    line("joined", "eve", "2026-11-21T09:00:10Z"),
    post("bob", "2026-11-21T09:00:20Z"),
    post("bob", "2026-11-21T09:00:30Z"),
  ];
  const rows = rowsOf(lines, { newAfter: lines[0].number });
  assert.deepEqual(kinds(rows), ["day", "message", "service", "new", "message", "message+"]);
});

test("who came and went is shown only to who wants to see it", () => {
  const at = "2026-11-21T09:00:00Z";
  const [came, joined, went] = ["came", "joined", "went"].map((kind) => line(kind, "bob", at));
  const lines = [came, joined, went, post("eve", at)];
  assert.deepEqual(kinds(rowsOf(lines)), ["day", "service", "message"]);
  assert.deepEqual(kinds(rowsOf(lines, { past: true })), ["day", "run", "message"]);
  assert.deepEqual(kinds(rowsOf([line("went", "bob", at)])), []);
});

test("who joins and leaves folds into one line, single ones don't", () => {
  const at = "2026-11-21T09:00:00Z";
  const rows = rowsOf([
    line("joined", "bob", at),
    line("left", "bob", at),
    post("eve", at),
    line("joined", "bob", at),
    line("topic", "eve", at),
  ]);
  assert.deepEqual(kinds(rows), ["day", "run", "message", "service", "service"]);
  assert.equal(rows[1].lines?.length, 2);
});

test("the words of a run", () => {
  const say = (/** @type {[string, string][]} */ ...pairs) => {
    const clauses = summarise(pairs.map(([author, kind]) => line(kind, author, "")));
    return clauses
      .map(({ names, others, verbs }) => `${names.join("+")}${others ? ` and ${others}` : ""} ${verbs}`)
      .join(", ");
  };
  assert.equal(say(["carol", "joined"], ["bob", "left"]), "carol joined, bob left");
  assert.equal(say(["a", "joined"], ["b", "joined"], ["c", "left"]), "a+b joined, c left");
  assert.equal(say(["a", "joined"], ["a", "left"], ["b", "left"]), "a joined and left, b left");
  assert.equal(say(["a", "left"], ["a", "joined"], ["b", "left"]), "a left and joined, b left");
  assert.equal(say(["a", "joined"], ["b", "joined"], ["c", "joined"], ["d", "joined"]), "a and 3 joined");
  // Of the past.
  assert.equal(say(["alice", "came"], ["alice", "went"]), "alice came and went");
  assert.equal(say(["a", "joined"], ["a", "came"], ["b", "joined"]), "a+b joined");
  assert.equal(say(["a", "came"], ["a", "went"], ["b", "went"], ["b", "left"]), "a came and went, b left");
});

test("a post is shown anew when it comes after its receipt was shown", () => {
  const at = "2026-11-21T09:00:00Z";
  const stages = /** @type {const} */ (["waiting", "sent", "stored"]);
  const shapes = stages.map(
    (stage) => rowsOf([], { pending: [{ nonce: "n", text: "hi", at, stage }] }).at(-1)?.shape,
  );
  shapes.push(rowsOf([post("alice", at, { nonce: "n", text: "hi" })]).at(-1)?.shape);
  assert.equal(new Set(shapes).size, 4);
});

test("pending ones come last; the key of a post is that of its twin", () => {
  /** @type {import("../../../static/js/state/types.js").Pending[]} */
  const pending = [{ nonce: "n9", text: "hi", at: "2026-11-21T09:00:00Z", stage: "waiting" }];
  const before = rowsOf([post("bob", "2026-11-21T09:00:00Z")], { pending });
  const after = rowsOf([
    post("bob", "2026-11-21T09:00:00Z"),
    post("alice", "2026-11-21T09:00:01Z", { nonce: "n9" }),
  ]);
  assert.equal(before.at(-1)?.key, after.at(-1)?.key);
  assert.equal(before.at(-1)?.own, true);
});

test("private answers stand where they came", () => {
  const lines = [post("bob", "2026-11-21T09:00:00Z"), post("bob", "2026-11-21T09:00:10Z")];
  const notices = [{ id: 1, text: "psst", at: "2026-11-21T09:00:05Z", after: lines[0].seq }];
  assert.deepEqual(kinds(rowsOf(lines, { notices })), ["day", "message", "notice", "message"]);
});

test("full jitter: between nothing and the smaller of ten seconds and the doubled half second", () => {
  assert.equal(
    fullJitter(0, () => 0),
    0,
  );
  assert.equal(
    fullJitter(0, () => 1),
    500,
  );
  assert.equal(
    fullJitter(3, () => 1),
    4_000,
  );
  assert.equal(
    fullJitter(50, () => 1),
    10_000,
  );
  assert.equal(
    fullJitter(2, () => 0.5),
    1_000,
  );
});

test("which close codes are for good", () => {
  assert.deepEqual([1001, 1006, 1012, 4001, 4002].filter(isFinal), []);
  assert.deepEqual(
    [1002, 1007, 1009, 4501, 4502, 4503, 4504].filter((code) => !isFinal(code)),
    [],
  );
});

test("a refused command stays where it was written, a refused text at the end", () => {
  const at = "2026-11-21T09:00:00Z";
  const [before, after] = [post("bob", at), post("bob", "2026-11-21T09:01:00Z")];
  /** @type {import("../../../static/js/state/types.js").Pending[]} */
  const pending = [
    { nonce: "a", text: "/kill x", at, stage: "refused", reason: "no", after: before.seq },
    { nonce: "b", text: "hello", at, stage: "refused", reason: "no" },
    { nonce: "c", text: "/topic x", at, stage: "sent", after: before.seq },
    { nonce: "d", text: "/old", at, stage: "refused", reason: "no", after: after.seq },
  ];
  const rows = rowsOf([before, after], { pending }).filter(({ kind }) => kind === "message");
  assert.deepEqual(
    rows.map(({ line: shown }) => shown.nonce ?? shown.seq),
    [before.seq, "a", after.seq, "d", "b", "c"],
  );
});

test("posts of who is ignored are one line until they are uncovered", () => {
  const store = lobby({ ignored: ["bob"], last_number: 5, read_number: 5 });
  for (const [seq, author] of [...Array(5).keys()].map((at) => [at + 1, at === 2 ? "carol" : "bob"]))
    store.receive(posted(Number(seq), { author: String(author) }));
  const kinds = () => layout(store.state, new Date(AT)).map(({ kind, lines }) => [kind, lines?.length]);
  assert.deepEqual(kinds().slice(-3), [
    ["ignored", 2],
    ["message", undefined],
    ["ignored", 2],
  ]);
  store.dispatch({ type: "uncovered", from: 1, to: 2 });
  assert.deepEqual(kinds().slice(-4), [
    ["message", undefined],
    ["message", undefined],
    ["message", undefined],
    ["ignored", 2],
  ]);
  store.receive({ type: "unread", whole: true, rooms: [], ignored: [] });
  assert.ok(kinds().every(([kind]) => kind !== "ignored"));
});
