/** What the service worker makes of a push, of a press, and of a subscription that changes. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/** @type {any} */
const world = globalThis;
Object.assign(world, { location: new URL("https://chat.example/"), registration: {}, clients: {} });
world.navigator ??= {};
world.indexedDB = { open() { throw new Error("nothing is kept"); } };

/** @type {any[]} */ let shown;
/** @type {any[]} */ let asked;
/** @type {any[]} */ let opened;
/** @type {any[]} */ let windows;

beforeEach(() => {
  [shown, asked, opened, windows] = [[], [], [], []];
  world.registration = {
    getNotifications: async (/** @type {any} */ { tag }) => shown.filter((one) => one.tag === tag),
    showNotification: async (/** @type {any} */ title, /** @type {any} */ options) => {
      const close = () => (shown = shown.filter(({ tag }) => tag !== options.tag));
      shown = [...shown.filter(({ tag }) => tag !== options.tag), { title, ...options, close }];
    },
    pushManager: { subscribe: async (/** @type {any} */ options) => ({ endpoint: "https://push.example/new", options }) },
  };
  world.clients = {
    matchAll: async () => windows,
    openWindow: async (/** @type {any} */ address) => opened.push(address),
  };
  world.fetch = async (/** @type {any} */ url, /** @type {any} */ { body }) => {
    asked.push([String(url), String(body)]);
    return { ok: world.isOk, status: world.isOk ? 200 : 403 };
  };
  world.isOk = true;
});

const { pressNotification, renewSubscription, showPush } = await import(
  "../../../static/js/offline/push.js"
);

const pushed = (/** @type {any} */ number, fields = {}) => ({
  ...{ title: "Vera", body: `line ${number}`, url: `/rooms/a/${number}`, tag: "room-1", room: "/rooms/a" },
  ...{ number, ...fields },
});
const comes = (/** @type {any} */ data) => showPush({ data: { json: () => data } });
/** @param {string} action @param {object} data */
const pressed = (action, data) => pressNotification({ action, notification: { data, close() {} } });

test("the latest message of a room is shown", async () => {
  await comes(pushed(5));
  await comes(pushed(4));
  await comes(pushed(6));
  await comes(pushed(2, { tag: "room-2", room: "/rooms/b" }));
  assert.deepEqual(shown.map(({ body }) => body), ["line 6", "line 2"]);
});

test("what was read elsewhere goes, and nothing later", async () => {
  await comes(pushed(5));
  await comes({ close: "room-1", number: 4 });
  assert.equal(shown.length, 1);
  await comes({ close: "room-1", number: 5 });
  assert.deepEqual(shown, []);
});

test("not to who looks at the room", async () => {
  windows = [{ focused: true, url: "https://chat.example/rooms/a/5" }];
  await comes(pushed(5));
  assert.deepEqual(shown, []);
  windows = [{ focused: true, url: "https://chat.example/rooms/ab" }];
  await comes(pushed(5));
  assert.equal(shown.length, 1);
});

test("what can't be read leads to the notices", async () => {
  await showPush({ data: null });
  assert.equal(shown[0].data.url, "/notifications");
});

test("a press opens the message, in a window that is there", async () => {
  await pressed("", { url: "/rooms/a/5" });
  await pressed("reply", { url: "/rooms/a/5" });
  assert.deepEqual(opened, ["https://chat.example/rooms/a/5", "https://chat.example/rooms/a/5#reply"]);
  /** @type {string[]} */
  const steps = [];
  windows = [
    {
      url: "https://chat.example/feed",
      focus: async () => steps.push("focus"),
      navigate: async (/** @type {string} */ to) => steps.push(to),
    },
  ];
  await pressed("", { url: "/rooms/a/5" });
  assert.deepEqual(steps, ["focus", "https://chat.example/rooms/a/5"]);
});

test("nobody is led to another site", async () => {
  await pressed("", { url: "https://evil.example/" });
  await pressed("", { url: "//evil.example/" });
  assert.deepEqual(opened, ["https://chat.example/", "https://chat.example/"]);
});

test("another subscription takes the place of the one before", async () => {
  const options = { userVisibleOnly: true };
  await renewSubscription({ oldSubscription: { endpoint: "https://push.example/old", options } });
  assert.deepEqual(asked, [
    ["https://chat.example/accounts/push", JSON.stringify({ endpoint: "https://push.example/new", options })],
    ["https://chat.example/accounts/push/remove", "endpoint=https%3A%2F%2Fpush.example%2Fold"],
  ]);
});

test("who can't mark it as read is shown the page", async () => {
  await pressed("read", { url: "/rooms/a/5", room: "/rooms/a", number: 5 });
  assert.deepEqual(asked, [["https://chat.example/rooms/a/read", "number=5"]]);
  assert.deepEqual(opened, []);
  world.isOk = false;
  await pressed("read", { url: "/rooms/a/5", room: "/rooms/a", number: 5 });
  assert.deepEqual(opened, ["https://chat.example/rooms/a/5"]);
});
