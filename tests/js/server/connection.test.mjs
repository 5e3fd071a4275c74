/** One WebSocket of a page, whose server and clock are the test. */
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

/** @type {any} */ const globals = globalThis;
/** @type {any[]} */ let sockets = [];
/** @type {Map<string, () => void>} */ let events = new Map();
let clock = 0;

class FakeSocket {
  static OPEN = 1;
  readyState = 1;
  /** @type {string[]} */ sent = [];
  constructor() {
    sockets.push(this);
  }
  /** @param {string} frame */
  send(frame) {
    this.sent.push(JSON.parse(frame).type);
  }
  close() {
    this.readyState = 3;
  }
}

globals.WebSocket = FakeSocket;
globals.location = { href: "http://chat.example/" };
globals.document = { documentElement: { lang: "en" }, addEventListener() {}, visibilityState: "visible" };
globals.addEventListener = (/** @type {string} */ name, /** @type {() => void} */ listener) =>
  events.set(name, listener);
const network = { onLine: true };
Object.defineProperty(globals, "navigator", { value: network, configurable: true });
mock.method(performance, "now", () => clock);

const { Connection } = await import("../../../static/js/server/connection.js");

/** @param {number} ms */
function pass(ms) {
  for (let left = ms; left > 0; left -= 1_000) {
    clock += 1_000;
    mock.timers.tick(1_000);
  }
}

function greeted() {
  /** @type {string[]} */ const states = [];
  const connection = new Connection("/ws", {
    received() {},
    state: (state) => states.push(state),
    ended: (code) => states.push(`ended ${code}`),
    checkStatus: async () => 200,
    tick() {},
  });
  connection.start();
  const [socket] = sockets;
  socket.onmessage({ data: '{"type":"hello"}' });
  return { connection, socket, states, answers: () => socket.onmessage({ data: '{"type":"pong"}' }) };
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  sockets = [];
  events = new Map();
  clock = 0;
  network.onLine = true;
});

test("a silent connection is asked, and dropped without an answer", () => {
  const { connection, socket, states, answers } = greeted();
  pass(40_000);
  assert.deepEqual(socket.sent, []);
  pass(5_000);
  assert.deepEqual(socket.sent, ["ping"]);
  answers();
  pass(45_000);
  assert.deepEqual(socket.sent, ["ping", "ping"]);
  assert.deepEqual(states, ["connecting"]);
  pass(11_000);
  assert.deepEqual(states, ["connecting", "connecting"]);
  assert.ok(sockets.length > 1);
  connection.stop();
});

test("while the browser has no network it is asked again and again: an answer may come while it goes", () => {
  const { connection, socket, states, answers } = greeted();
  network.onLine = false;
  events.get("offline")?.();
  assert.deepEqual(socket.sent, ["ping"]);
  answers();
  pass(5_000);
  assert.deepEqual(socket.sent, ["ping", "ping"]);
  pass(3_000);
  assert.deepEqual(states, ["connecting", "connecting"]);
  connection.stop();
});

test("a server on this machine answers without a network, and stays connected", () => {
  const { connection, socket, states, answers } = greeted();
  network.onLine = false;
  events.get("offline")?.();
  for (let round = 0; round < 10; round += 1) {
    answers();
    pass(5_000);
  }
  assert.equal(socket.sent.length, 11);
  assert.deepEqual(states, ["connecting"]);
  connection.stop();
});

test("where the site answers and no socket comes about, something on the way is in its way", async () => {
  /** @type {string[]} */ const states = [];
  let status = 503;
  const connection = new Connection("/ws", {
    received() {},
    state: (state) => states.push(state),
    ended() {},
    checkStatus: () => Promise.resolve(status),
    tick() {},
  });
  connection.start();
  const fails = async () => {
    sockets.at(-1).onclose({ code: 1006, reason: "" });
    await Promise.resolve();
    await Promise.resolve();
    pass(11_000);
  };
  for (let tries = 0; tries < 5; tries += 1) await fails();
  assert.ok(!states.includes("blocked"), "the site doesn't answer well either");
  status = 200;
  for (let tries = 0; tries < 2; tries += 1) await fails();
  assert.equal(states.at(-1), "offline", "it may just have come back");
  await fails();
  assert.equal(states.at(-1), "blocked");
  await fails();
  assert.equal(states.at(-1), "blocked");
  sockets.at(-1).onmessage({ data: '{"type":"hello"}' });
  await fails();
  assert.equal(states.at(-1), "connecting");
  await fails();
  assert.equal(states.at(-1), "offline");
  connection.stop();
});
