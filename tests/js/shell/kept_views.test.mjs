/** The rooms that stay in memory: which of them are entered, and which are better fetched. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Lifetime } from "../../../static/js/dom/lifetime.js";
import { KeptViews } from "../../../static/js/shell/kept_views.js";
import { createStore, initial, newSite } from "../../../static/js/state/store.js";
import { AT, embedded, look, mockTimeouts, post, posts } from "../support.mjs";

const MINUTE = 60_000;

/** Views of rooms with these names, whose calls are noted, and a page that can be hidden. */
function keep(/** @type {string[]} */ ...names) {
  const site = newSite();
  const page = Object.assign(new EventTarget(), {
    visibilityState: /** @type {DocumentVisibilityState} */ ("visible"),
  });
  const lifetime = new Lifetime();
  const kept = new KeptViews(lifetime, /** @type {any} */ (page));
  /** @type {Map<string, string>} */
  const states = new Map();
  const make = (/** @type {string} */ name, fields = {}) => {
    const state = initial(embedded({ room: { name, topic: "", kind: "open" }, ...fields }), AT, site);
    const is = (/** @type {string} */ what) => () => void states.set(name, what);
    const room = { store: createStore(state, () => {}), isWaiting: false };
    return /** @type {any} */ ({
      room: Object.assign(room, { keep: is("entered"), rest: is("rests"), stop: is("stopped") }),
    });
  };
  const views = names.map((name) => make(name));
  for (const name of names) site.rooms.set(name, { name, kind: "open", title: name, ...NUMBERS });
  for (const view of views) kept.put(view);
  const shows = (/** @type {DocumentVisibilityState} */ visibility) => {
    page.visibilityState = visibility;
    page.dispatchEvent(new Event("visibilitychange"));
  };
  const all = (/** @type {string} */ what) =>
    [...states].flatMap(([name, state]) => (state === what ? name : [])).join(" ");
  return { kept, views, lifetime, shows, all, make, site };
}

const NUMBERS = { last_number: 0, read_number: 0, mentions: 0 };
const NINE = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

test("the last four are entered, three more stay in memory", () => {
  const { all } = keep(...NINE);
  assert.equal(all("entered"), "f g h i");
  assert.equal(all("rests"), "c d e");
  assert.equal(all("stopped"), "a b");
});

test("one in which something waits for an answer is kept", () => {
  const { kept, views, all, make } = keep(...NINE.slice(0, 7));
  views[0].room.isWaiting = true;
  for (const name of ["h", "i"]) kept.put(make(name));
  assert.equal(all("stopped"), "b");
});

test("one that is shown isn't kept, and another one takes its place", () => {
  const { kept, views, all } = keep(...NINE.slice(0, 5));
  assert.equal(all("rests"), "a");
  assert.equal(kept.take("e"), views[4]);
  assert.equal(kept.take("e"), null);
  kept.put(views[4]);
  kept.take("b");
  kept.drop((one) => one === views[2]);
  kept.put(views[1]);
  assert.equal(all("entered"), "a b d e");
});

test("nobody goes back in a page that is hidden for long", (context) => {
  const clock = mockTimeouts(context);
  const { shows, all } = keep(...NINE.slice(0, 3));
  shows("hidden");
  clock.tick(MINUTE / 2);
  shows("visible");
  clock.tick(MINUTE);
  assert.equal(all("entered"), "a b c");
  shows("hidden");
  clock.tick(MINUTE);
  assert.equal(all("rests"), "a b c");
  shows("visible");
  assert.equal(all("entered"), "a b c");
});

test("what has ended, is gone or far behind is fetched", () => {
  const { kept, views, make, site } = keep("a", "b", "c", "d");
  const [a, b, c, d] = views.map(({ room }) => room.store);
  a.dispatch({ type: "ended", code: 4502, reason: "" });
  site.rooms.delete("b");
  site.rooms.set("c", { name: "c", kind: "open", title: "c", ...NUMBERS, last_number: 51 });
  site.rooms.set("d", { name: "d", kind: "open", title: "d", ...NUMBERS, last_number: 50 });
  assert.deepEqual(
    ["a", "b", "c", "d"].map((name) => kept.take(name)),
    [null, null, null, views[3]],
  );
  assert.deepEqual([b, c, d].map(({ state }) => state.ended), [null, null, null]);
  const ended = make("e");
  ended.room.store.dispatch({ type: "ended", code: 4501, reason: "" });
  kept.put(ended);
  assert.equal(kept.take("e"), null);
});

test("one that doesn't hold its first unread post any more is fetched", () => {
  const { kept, make, site } = keep();
  const fields = { messages: posts(1, 9), last_seq: 9, last_number: 9, read_number: 9, more: true };
  const view = make("busy", fields);
  const { store } = view.room;
  site.rooms.set("busy", { name: "busy", kind: "open", title: "busy", ...NUMBERS });
  const isHeld = () => {
    kept.put(view);
    return kept.take("busy") !== null;
  };
  look(store, 1, 9, true);
  store.dispatch({ type: "left" });
  for (let number = 10; number < 60; number += 1) store.receive(post(number));
  assert.equal(isHeld(), true);
  for (let number = 60; number < 600; number += 1) store.receive(post(number));
  assert.equal(isHeld(), false);
  store.receive({ type: "reset", seq: 900 });
  assert.equal(isHeld(), false);
});

test("all are stopped at the end of the page", () => {
  const { lifetime, all } = keep("a", "b");
  lifetime.stop();
  assert.equal(all("stopped"), "a b");
});
