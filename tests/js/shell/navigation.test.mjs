/** Which addresses are rooms. */
import assert from "node:assert/strict";
import { test } from "node:test";

const HERE = "https://chat.example/rooms/lobby";
Object.assign(globalThis, { location: new URL(HERE) });
const { placeOf } = await import("../../../static/js/shell/navigation.js");

test("a room and a post in it", () => {
  assert.deepEqual(placeOf("/rooms/Lobby"), { room: "lobby", number: null, href: "/rooms/Lobby" });
  assert.deepEqual(placeOf("/rooms/lobby/12"), { room: "lobby", number: 12, href: "/rooms/lobby/12" });
  assert.equal(placeOf(HERE)?.room, "lobby");
  assert.equal(placeOf("/rooms/direct.0123456789abcdef")?.room, "direct.0123456789abcdef");
  assert.equal(placeOf("/rooms/%D1%87%D0%B0%D0%B9")?.room, "чай");
});

test("what is no room's address is left to the browser", () => {
  for (const address of [
    "/rooms",
    "/rooms/",
    "/rooms?q=lobby",
    "/rooms/lobby/members",
    "/rooms/lobby/012",
    "/rooms/lobby/12/versions",
    "/rooms/lobby?before=3",
    "/feed",
    "https://elsewhere.example/rooms/lobby",
    "mailto:alice@chat.example",
    "https://[",
  ])
    assert.equal(placeOf(address), null, address);
  assert.equal(placeOf("/rooms/%E0%A4%A")?.room, "%E0%A4%A");
});
