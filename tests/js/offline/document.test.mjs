/** The pages that are made of what is kept. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { awayPage, isVersioned, placeIn, roomPage } from "../../../static/js/offline/document.js";
import { post } from "../support.mjs";

const EVIL = `"><script>alert(1)</script><!--`;

/** @type {import("../../../static/js/offline/database.js").Kept} */
const kept = {
  owner: { person: "p", csrf: "token", at: 0 },
  site: { rooms: [{ name: "Lobby" }], invitations: [] },
  notes: [
    {
      ...{ id: 1, name: "Чай/1", title: EVIL, shell: "s", usedAt: 1, since: 1, lastSeq: 3, checkedSeq: 3 },
      epoch: "e1",
    },
  ],
};

/** @type {import("../../../static/js/offline/database.js").Shell} */
const shell = {
  lang: "en",
  head: [`<head>`, "title", `<meta name="csrf-token" content="`, "csrf", `">`, "scripts", `</head>`],
  body: [`<body>`, "main", "", "members", "", "state", `</body>`],
  scripts: `<script type="module" src="/s.js"></script>`,
  headers: {},
  files: [],
  away: { title: "Away", text: "Not <kept>", again: "Again", list: "Kept" },
};

/** @type {import("../../../static/js/offline/database.js").Room} */
const room = {
  id: 1,
  title: EVIL,
  main: `<main id="main"></main>`,
  members: `<chat-members></chat-members>`,
  state: { key: "lobby", room: { name: "lobby" } },
  lines: {
    ...{ lastSeq: 3, more: true, epoch: "e1" },
    lines: [post(1, { text: "</script><script>alert(1)</script>" })],
  },
};

test("addresses", () => {
  assert.deepEqual(placeIn("/rooms/Lobby"), { name: "lobby", number: null });
  assert.deepEqual(placeIn("/rooms/%D0%A7%D0%B0%D0%B9/12"), { name: "чай", number: 12 });
  const others = ["/rooms", "/rooms/", "/rooms/a/b", "/rooms/a/0", "/rooms/a/ws", "/feed", "/rooms/%E0%A4"];
  for (const path of others) assert.equal(placeIn(path), null, path);
  assert.ok(isVersioned("/static/0123456789ab/js/room.js"));
  for (const path of ["/static/js/room.js", "/static/0123456789abc/x", "/users/static/0123456789ab/x"])
    assert.ok(!isVersioned(path), path);
});

test("the page of a room has its lines and nobody's markup", () => {
  const page = roomPage(kept, { room, shell }, 1);
  assert.match(page, /^<!doctype html>\n<html lang="en"><head><title>&#34;&#62;&#60;script/);
  assert.match(page, /content="token">/);
  assert.equal(page.match(/<script/g)?.length, 2, "those of the page itself");
  const state = JSON.parse(/id="room-state">(.*?)<\/script>/.exec(page)?.[1] ?? "");
  assert.equal(state.messages[0].text, "</script><script>alert(1)</script>");
  assert.deepEqual(
    [state.last_seq, state.more, state.newer, state.around, state.key, state.rooms.length],
    [3, true, false, 1, "lobby", 1],
  );
  const elsewhere = /"around":null/;
  assert.match(roomPage(kept, { room, shell }, 9), elsewhere);
  assert.match(roomPage(kept, { room, shell }, null), elsewhere);
});

test("what isn't kept is said without scripts", () => {
  const page = awayPage(kept, shell, `/feed?"><script>`);
  assert.ok(!page.includes("<script"));
  assert.ok(!page.includes("room-state"));
  assert.match(page, /href="\/feed\?&#34;&#62;&#60;script&#62;"/);
  assert.match(page, /href="\/rooms\/%D0%A7%D0%B0%D0%B9%2F1"/);
  assert.match(page, /Not &#60;kept&#62;/);
});
