/** Rooms over the one connection of a page, whose server is the test. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventsOf } from "../../../static/js/server/event_of.js";
import { SiteConnection } from "../../../static/js/server/site_connection.js";
import { mockTimeouts } from "../support.mjs";

/** @typedef {import("../../../static/js/server/connection.js").Listener} Listener */

/** A page whose wire is the test's: `frame(text)` is what the server sends. */
function openSite() {
  /** @type {any[]} */ const sent = [];
  /** @type {any[]} */ const told = [];
  const line = { isUp: false, now: 0, probes: 0 };
  /** @type {Listener} */ let wire;
  const site = new SiteConnection(
    {
      user: "alice",
      received: (event) => told.push(event.type),
      state: (status) => told.push(status),
      ended: (code) => told.push(code),
    },
    (listener) => {
      wire = listener;
      return {
        start: () => listener.state("connecting"),
        stop: () => void (line.isUp = false),
        send: (request) => line.isUp && Boolean(sent.push(request)),
        probe: () => void (line.probes += 1),
      };
    },
    () => line.now,
  );
  const frame = (/** @type {string} */ text) => {
    const { room, events } = eventsOf(text);
    for (const event of events) wire.received(event, room);
  };
  const greets = (user = "alice") => {
    line.isUp = true;
    frame(`{"type":"hello","you":{"name":"${user}"},"epoch":"e1"}`);
  };
  const breaks = () => {
    line.isUp = false;
    wire.state("connecting");
  };
  /** A room that has everything up to a seq. @param {string} name */
  const open = (name, since = 0) => {
    /** @type {any[]} */ const heard = [];
    const room = site.room(name, {
      position: () => ({ since, epoch: "e1" }),
      received: (event) => heard.push(event.type),
      heard() {},
      refused: (event) => heard.push(`refused ${event.code}`),
      lost: (status) => heard.push(`lost ${status}`),
      ended: (code) => heard.push(`ended ${code}`),
      tick: () => heard.push("tick"),
    });
    room.start();
    return { room, heard };
  };
  const enters = (/** @type {string} */ name, /** @type {number} */ id) =>
    frame(`${id}\n{"type":"hello","entered":"${name}"}\n{"type":"caught_up","seq":1}`);
  const take = () => sent.splice(0).map(({ type, room, since }) => [type, room, since].filter((one) => one));
  site.start();
  return {
    ...{ site, line, told, frame, greets, breaks, open, enters, take },
    ends: (/** @type {number} */ code) => wire.ended(code, ""),
    tick: () => wire.tick(),
  };
}

test("frames are of a room or of none", () => {
  assert.deepEqual(eventsOf('{"type":"pong"}\n{"type":"hello"}'), {
    room: "",
    events: [{ type: "pong" }, { type: "hello" }],
  });
  assert.deepEqual(eventsOf('17\n{"type":"typing"}\nnonsense'), { room: "17", events: [{ type: "typing" }] });
  assert.deepEqual(eventsOf("17"), { room: "17", events: [] });
  assert.deepEqual(eventsOf("").events, []);
});

test("rooms are entered once there is a connection, and hear only what is theirs", () => {
  const page = openSite();
  const lobby = page.open("lobby", 7);
  assert.deepEqual(page.take(), []);
  assert.equal(lobby.room.send({ type: "post" }), false);
  page.greets();
  assert.deepEqual(page.take(), [["enter", "lobby", 7]]);
  const garden = page.open("garden");
  assert.deepEqual(page.take(), [["enter", "garden"]]);
  assert.equal(lobby.room.send({ type: "post" }), false);
  page.enters("garden", 4);
  page.enters("lobby", 17);
  page.frame('17\n{"type":"message","seq":8}');
  page.frame('{"type":"unread","rooms":[]}\n{"type":"pong"}');
  assert.deepEqual(lobby.heard, ["hello", "caught_up", "message"]);
  assert.deepEqual(garden.heard, ["hello", "caught_up"]);
  assert.deepEqual(page.told.slice(-2), ["unread", "pong"]);
  assert.equal(lobby.room.send({ type: "post" }), true);
  assert.deepEqual(page.take(), [["post", "17"]]);
});

test("all are entered again after a break, from where each is", () => {
  const page = openSite();
  const [lobby, garden] = [page.open("lobby", 7), page.open("garden", 3)];
  page.greets();
  page.enters("lobby", 17);
  page.enters("garden", 4);
  page.take();
  page.breaks();
  assert.deepEqual([lobby.heard.at(-1), garden.heard.at(-1)], ["lost connecting", "lost connecting"]);
  assert.equal(lobby.room.send({ type: "post" }), false);
  page.greets();
  assert.deepEqual(page.take(), [
    ["enter", "lobby", 7],
    ["enter", "garden", 3],
  ]);
  // Nothing is of a room before its own hello.
  page.frame('17\n{"type":"message","seq":8}');
  assert.equal(lobby.heard.at(-1), "lost connecting");
  page.enters("lobby", 17);
  assert.equal(lobby.heard.at(-1), "caught_up");
});

test("a room that is left hears nothing more", () => {
  const page = openSite();
  const lobby = page.open("lobby");
  page.greets();
  page.enters("lobby", 17);
  lobby.room.stop();
  assert.deepEqual(page.take(), [
    ["enter", "lobby"],
    ["exit", "17"],
  ]);
  page.frame('17\n{"type":"message","seq":8}');
  assert.deepEqual(lobby.heard, ["hello", "caught_up"]);
  page.breaks();
  page.greets();
  assert.deepEqual(page.take(), []);
});

test("one that was left before it was entered is left then", () => {
  const page = openSite();
  page.greets();
  const lobby = page.open("lobby");
  lobby.room.stop();
  assert.deepEqual(page.take(), [["enter", "lobby"]]);
  page.enters("lobby", 17);
  assert.deepEqual(page.take(), [["exit", "17"]]);
  assert.deepEqual(lobby.heard, []);
});

test("left and wanted again before the answer", () => {
  const page = openSite();
  page.greets();
  page.open("lobby").room.stop();
  const again = page.open("lobby", 5);
  page.enters("lobby", 17);
  page.enters("lobby", 17);
  assert.deepEqual(page.take(), [
    ["enter", "lobby"],
    ["enter", "lobby", 5],
  ]);
  assert.deepEqual(again.heard, ["hello", "caught_up", "hello", "caught_up"]);
});

test("a room that is entered by its new name isn't left by its former one", () => {
  const page = openSite();
  page.greets();
  const before = page.open("pantry");
  page.enters("pantry", 17);
  const after = page.open("larder");
  before.room.stop();
  page.take();
  page.enters("larder", 17);
  assert.deepEqual(page.take(), []);
  page.frame('17\n{"type":"message","seq":8}');
  assert.equal(after.heard.at(-1), "message");
  const late = page.open("cellar");
  late.room.stop();
  page.enters("cellar", 17);
  assert.deepEqual(page.take(), [["enter", "cellar"]]);
});

test("who is removed from one room stays in the others", () => {
  const page = openSite();
  const [lobby, garden] = [page.open("lobby"), page.open("garden")];
  page.greets();
  page.enters("lobby", 17);
  page.enters("garden", 4);
  page.take();
  page.frame('{"type":"closed","room":"17","code":4501}');
  assert.equal(lobby.heard.at(-1), "ended 4501");
  assert.equal(lobby.room.send({ type: "post" }), false);
  assert.equal(garden.room.send({ type: "post" }), true);
  page.breaks();
  page.take();
  page.greets();
  assert.deepEqual(page.take(), [["enter", "garden"]]);
  assert.equal(lobby.heard.filter((one) => one.startsWith?.("ended")).length, 1);
});

test("a room that the server closes for now is entered again, without a new connection", (context) => {
  const clock = mockTimeouts(context);
  const page = openSite();
  const lobby = page.open("lobby", 7);
  page.greets();
  page.enters("lobby", 17);
  page.take();
  page.frame('{"type":"closed","room":"17","code":4001}');
  assert.equal(lobby.heard.at(-1), "lost connecting");
  clock.tick(500);
  assert.deepEqual(page.take(), [["enter", "lobby", 7]]);
});

test("what is refused is asked for again when the server says, or never", (context) => {
  const clock = mockTimeouts(context);
  const page = openSite();
  const names = ["busy", "broken", "kicked", "gone", "left"];
  const [busy, broken, kicked, gone, left] = names.map((name) => page.open(name));
  page.greets();
  page.take();
  for (const [name, code, more] of [
    ["busy", "rate_limited", ',"retry_after":7'],
    ["broken", "broken", ""],
    ["kicked", "kicked", ""],
    ["gone", "not_found", ""],
    ["left", "not_a_member", ""],
  ])
    page.frame(`{"type":"refused","room":"${name}","code":"${code}","text":"No."${more}}`);
  assert.deepEqual(
    [kicked, gone, left].map(({ heard }) => heard),
    [
      ["error", "ended 4501"],
      ["error", "ended 404"],
      ["error", "ended 403"],
    ],
  );
  assert.deepEqual(busy.heard, ["lost connecting"]);
  clock.tick(2_500);
  assert.deepEqual(page.take(), [["enter", "broken"]]);
  clock.tick(5_000);
  assert.deepEqual(page.take(), [["enter", "busy"]]);
  // Waiting is over with the connection, and with the room.
  page.frame('{"type":"refused","room":"busy","code":"unavailable","text":"","retry_after":2}');
  page.frame('{"type":"refused","room":"broken","code":"unavailable","text":"","retry_after":2}');
  broken.room.stop();
  page.breaks();
  clock.tick(20_000);
  assert.deepEqual(page.take(), []);
  page.greets();
  assert.deepEqual(page.take(), [["enter", "busy"]]);
});

test("the end of the session is that of all rooms, and of those that are wanted later", () => {
  const page = openSite();
  const [lobby, garden] = [page.open("lobby"), page.open("garden")];
  page.greets();
  page.enters("lobby", 17);
  page.ends(4503);
  const attic = page.open("attic");
  for (const { heard } of [lobby, garden, attic]) assert.equal(heard.at(-1), "ended 4503");
  assert.equal(page.told.at(-1), 4503);
});

test("who has signed in meanwhile isn't who wrote on the page", () => {
  const page = openSite();
  const lobby = page.open("lobby");
  page.greets("bob");
  assert.deepEqual(lobby.heard, ["ended 4503"]);
  assert.equal(page.line.isUp, false);
  assert.deepEqual(page.take(), []);
});

test("errors that name no room are for all: who has asked knows it", () => {
  const page = openSite();
  const lobby = page.open("lobby");
  page.greets();
  page.enters("lobby", 17);
  page.frame('{"type":"error","code":"bad_json","text":"No.","nonce":"n1"}');
  assert.equal(lobby.heard.at(-1), "refused bad_json");
});

test("a room that isn't answered makes one doubt the connection, and is asked for again", () => {
  const page = openSite();
  const lobby = page.open("lobby");
  page.greets();
  page.take();
  page.line.now = 11_000;
  page.tick();
  assert.equal(page.line.probes, 1);
  page.line.now = 31_000;
  page.tick();
  assert.deepEqual(page.take(), [["enter", "lobby"]]);
  page.enters("lobby", 17);
  page.line.now = 90_000;
  page.tick();
  assert.deepEqual(page.take(), []);
  assert.deepEqual(lobby.heard, ["hello", "caught_up", "tick"]);
});

test("events of rooms that aren't entered, and of types that aren't known, do nothing", () => {
  const page = openSite();
  page.greets();
  for (const text of [
    '99\n{"type":"message","seq":1}',
    '99\n{"type":"hello","entered":"nobody asked"}',
    '{"type":"closed","room":"99","code":4501}',
    '{"type":"refused","room":"nobody","code":"kicked","text":""}',
    '{"type":"refused"}',
    '{"type":"closed"}',
    "17",
    "",
  ])
    page.frame(text);
  assert.deepEqual(page.take(), []);
});
