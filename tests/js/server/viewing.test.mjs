/** The page says that a room is in front of the person, once, and again where the server has forgotten. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Lifetime } from "../../../static/js/dom/lifetime.js";
import { tellViewing } from "../../../static/js/server/viewing.js";
import { UNHEARD } from "../../../static/js/state/reducers.js";
import { createStore, initial } from "../../../static/js/state/store.js";
import { AT, embedded, mockTimeouts } from "../support.mjs";

const MINUTE = 60_000;

/** A room that is shown in a page that can be hidden, and what was said. */
function shown(/** @type {DocumentVisibilityState} */ visibilityState = "visible") {
  const page = Object.assign(new EventTarget(), { visibilityState });
  const lifetime = new Lifetime();
  const store = createStore(initial(embedded(), AT), (render) => render());
  /** @type {boolean[]} */
  const said = [];
  const send = (/** @type {any} */ { type, on }) => {
    assert.equal(type, "viewing");
    if (store.state.connection !== "connected") return false;
    said.push(on);
    return true;
  };
  tellViewing(store, send, lifetime, /** @type {any} */ (page));
  const hello = (entered = "lobby") =>
    store.receive({ ...embedded(), type: "hello", entered });
  const shows = (/** @type {DocumentVisibilityState} */ visibility) => {
    page.visibilityState = visibility;
    page.dispatchEvent(new Event("visibilitychange"));
  };
  const lost = () => store.dispatch({ type: "connection", connection: "connecting" });
  return { said, hello, shows, lost, lifetime, store };
}

test("it is said when the room is entered, and when it isn't shown any more", () => {
  const { said, hello, lifetime } = shown();
  assert.deepEqual(said, []);
  hello();
  hello("");
  assert.deepEqual(said, [true], "a hello because of a new role is none of entering");
  lifetime.stop();
  assert.deepEqual(said, [true, false]);
});

test("who comes back says it again", () => {
  const { said, hello, lost } = shown();
  hello();
  lost();
  hello();
  assert.deepEqual(said, [true, true]);
  hello();
  assert.deepEqual(said, [true, true, true], "entered anew without a break");
});

test("a page that is hidden for a minute isn't looked at", (context) => {
  const { tick } = mockTimeouts(context);
  const { said, hello, shows } = shown();
  hello();
  shows("hidden");
  tick(MINUTE - 1);
  shows("visible");
  tick(MINUTE);
  assert.deepEqual(said, [true]);
  shows("hidden");
  tick(MINUTE);
  assert.deepEqual(said, [true, false]);
  hello();
  assert.deepEqual(said, [true, false], "still hidden");
  shows("visible");
  assert.deepEqual(said, [true, false, true]);
});

test("who is in the room as the page has it", () => {
  const { store, hello, lost } = shown();
  const { viewers } = store.state;
  const tell = (/** @type {object} */ event) => {
    store.receive({ type: "viewing", ...event });
    return [...viewers].join(" ");
  };
  hello();
  assert.equal(tell({ names: ["bob", "carol"], whole: true }), "bob carol");
  assert.equal(tell({ names: ["dave"], gone: ["bob"] }), "carol dave");
  assert.equal(tell({ names: ["bob"], whole: true }), "bob");
  assert.equal(tell({ whole: true }), "", "too many are there");
  tell({ names: ["bob"] });
  lost();
  assert.equal(viewers.size, 0, "nothing is known without a connection");
});

test("a server of before an update doesn't know it, and nobody reads of that", () => {
  const { hello, store } = shown();
  hello();
  const before = store.state.notices.length;
  store.receive({ type: "error", nonce: UNHEARD, code: "bad_request", text: "This isn't a request." });
  assert.equal(store.state.notices.length, before);
});
