/** Files in words, and how large pictures are: as tests/chat/doors/test_message_files.py has it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { kindOf, sizeInWords } from "../../../static/js/words/files.js";
import { shownSize, sourcesOf } from "../../../static/js/words/picture_sizes.js";

test("sizes", () => {
  const sizes = [0, 1, 1023, 1024, 1536, 10_188, 10_240, 1_048_575, 1_048_576, 5_400_000, 52_428_800];
  assert.deepEqual(sizes.map(sizeInWords), [
    "0 bytes",
    "1 byte",
    "1,023 bytes",
    "1.0 KB",
    "1.5 KB",
    "9.9 KB",
    "10 KB",
    "1024 KB",
    "1.0 MB",
    "5.1 MB",
    "50 MB",
  ]);
});

test("kinds", () => {
  const drawn = { width: 10, thumbnail: "/t" };
  assert.equal(kindOf({ type: "image/png", ...drawn }), "picture");
  assert.equal(kindOf({ type: "image/svg+xml", width: null, thumbnail: null }), "other");
  assert.equal(kindOf({ type: "application/pdf", ...drawn }), "other");
  assert.equal(kindOf({ type: "video/mp4" }), "video");
  assert.equal(kindOf({ type: "audio/ogg" }), "sound");
  for (const type of ["text/csv", "application/json", "application/ld+json", "application/x-sh"])
    assert.equal(kindOf({ type }), "text");
});

test("pictures fit into the box and are never enlarged", () => {
  assert.deepEqual(shownSize({ width: 4000, height: 3000 }), { width: 400, height: 300 });
  assert.deepEqual(shownSize({ width: 3000, height: 4000 }), { width: 240, height: 320 });
  assert.deepEqual(shownSize({ width: 16, height: 16 }), { width: 16, height: 16 });
  assert.deepEqual(shownSize({ width: 1, height: 9000 }), { width: 1, height: 320 });
  assert.deepEqual(shownSize({ width: null, height: null }), { width: 400, height: 225 });
});

test("the browser chooses among thumbnails no wider than the picture", () => {
  const file = { id: "1", name: "", type: "image/png", size: 1, description: "", url: "/u", height: 500 };
  const thumbnail = "/files/1/thumbnail-320.webp";
  assert.deepEqual(sourcesOf({ ...file, width: 1000, thumbnail }, true), {
    src: thumbnail,
    srcset: "/files/1/thumbnail-320.webp 320w, /files/1/thumbnail-640.webp 640w",
    sizes: "400px",
  });
  assert.equal(sourcesOf({ ...file, width: 100, thumbnail }, false).srcset, `${thumbnail} 100w`);
});
