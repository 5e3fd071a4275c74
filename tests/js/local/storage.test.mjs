/** What the browser doesn't keep lasts as long as the page, and is asked about before it is left. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { over, tabbed } from "../../../static/js/local/storage.js";

/** The page's own listeners. @type {EventTarget} */
let page;
const before = globalThis.addEventListener;
beforeEach(() => {
  page = new EventTarget();
  globalThis.addEventListener = /** @type {any} */ (page.addEventListener.bind(page));
});
afterEach(() => void (globalThis.addEventListener = before));

/** Whether the browser is to ask before the page is left. */
const asks = () => !page.dispatchEvent(new Event("beforeunload", { cancelable: true }));

const refused = () => {
  throw new DOMException("denied", "SecurityError");
};

/** A storage that is full, or isn't. */
class Disk {
  isFull = true;
  getItem(/** @type {string} */ key) {
    return Object.hasOwn(this, key) ? /** @type {any} */ (this)[key] : null;
  }
  setItem(/** @type {string} */ key, /** @type {string} */ value) {
    if (this.isFull) throw new DOMException("full", "QuotaExceededError");
    /** @type {any} */ (this)[key] = value;
  }
  removeItem(/** @type {string} */ key) {
    delete (/** @type {any} */ (this)[key]);
  }
}
const DRAFT = "aiochat:draft:alice:lobby";

test("where it is refused, what is written lasts as long as the page", () => {
  const storage = over(refused);
  assert.equal(storage.get(DRAFT), null);
  storage.set(DRAFT, "half a thought");
  assert.deepEqual([storage.get(DRAFT), storage.keys("aiochat:draft")], ["half a thought", [DRAFT]]);
  assert.ok(asks());
  storage.remove(DRAFT);
  assert.deepEqual([storage.get(DRAFT), storage.keys("")], [null, []]);
  assert.ok(!asks());
});

test("what nobody has written is lost without a question", () => {
  const storage = over(refused);
  storage.set("aiochat:emoji", "[]");
  storage.set(DRAFT, "");
  assert.ok(!asks());
});

test("a full disk keeps the older text, and the page has the newer one until there is room", () => {
  const disk = new Disk();
  const storage = over(() => /** @type {any} */ (disk));
  disk.isFull = false;
  storage.set(DRAFT, "old");
  assert.ok(!asks());
  disk.isFull = true;
  storage.set(DRAFT, "old and new");
  assert.equal(storage.get(DRAFT), "old and new");
  assert.ok(asks());
  disk.isFull = false;
  storage.set(DRAFT, "old and newest");
  assert.equal(disk.getItem(DRAFT), "old and newest");
  assert.ok(!asks());
});

test("of a tab's own and everybody's, either may be refused", () => {
  const disk = new Disk();
  disk.isFull = false;
  const both = tabbed(over(() => /** @type {any} */ (disk)), over(refused));
  both.set(DRAFT, "text");
  assert.equal(both.get(DRAFT), "text");
  both.remove(DRAFT);
  assert.equal(both.get(DRAFT), "");
  assert.equal(disk.getItem(DRAFT), null);
  assert.ok(!asks());
});
