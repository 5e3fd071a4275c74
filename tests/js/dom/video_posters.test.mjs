/** Videos load their first picture once they are seen, and few keep it. */
import assert from "node:assert/strict";
import test from "node:test";

/** @type {(entries: object[]) => void} */ let tell = () => {};
/** @type {Set<object>} */ const watched = new Set();
globalThis.IntersectionObserver = /** @type {any} */ (
  class {
    /** @param {(entries: object[]) => void} told */
    constructor(told) {
      tell = told;
    }
    /** @param {object} node */
    observe(node) {
      watched.add(node);
    }
  }
);
globalThis.navigator ??= /** @type {any} */ ({});
const { drawVideos, MOST } = await import("../../../static/js/dom/video_posters.js");

class Video {
  preload = "none";
  paused = true;
  currentTime = 0;
  isConnected = true;
  src = "/files/a/film.mp4";
  loads = 0;
  getAttribute() {
    return this.src;
  }
  load() {
    this.loads += 1;
  }
}

/** @param {Video[]} videos @param {boolean} isIntersecting */
const see = (videos, isIntersecting = true) =>
  tell(videos.map((target) => ({ target, isIntersecting })));

const made = (/** @type {number} */ count) => Array.from({ length: count }, () => new Video());

test("what is seen is drawn, what isn't seen loads nothing", () => {
  const [one, other] = made(2);
  drawVideos(/** @type {any} */ ({ querySelectorAll: () => [one, other] }));
  assert.deepEqual([watched.has(one), watched.has(other)], [true, true]);
  see([one]);
  see([other], false);
  assert.deepEqual([one.preload, one.src], ["metadata", "/files/a/film.mp4#t=0.001"]);
  assert.deepEqual([other.preload, other.src], ["none", "/files/a/film.mp4"]);
});

test("what plays already is left alone", () => {
  const [one] = made(1);
  one.paused = false;
  see([one]);
  assert.deepEqual([one.preload, one.src], ["none", "/files/a/film.mp4"]);
});

test("the last seen keep what they have loaded; those on screen and those that were played, too", () => {
  const many = made(3 * MOST);
  const [played, shown, ...rest] = many;
  see([shown]);
  see([played]);
  see([played], false);
  played.currentTime = 3;
  for (const one of rest) {
    see([one]);
    see([one], false);
  }
  assert.deepEqual([played.loads, shown.loads], [0, 0]);
  const kept = rest.filter(({ preload }) => preload === "metadata");
  assert.ok(kept.length < MOST && kept.length >= MOST - 3, String(kept.length));
  assert.ok(rest.slice(-5).every((one) => kept.includes(one)));
  // Who comes back to one sees it again.
  see([rest[0]]);
  assert.equal(rest[0].preload, "metadata");
});
