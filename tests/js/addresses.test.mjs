/** The site may lie below a path of its host: no script forgets that (static/js/local/address.js). */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { BASE, withBase, withoutBase } from "../../static/js/local/address.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const known = readFileSync(join(ROOT, "public_address.py"), "utf8");
const list = /OWN_NAMES = frozenset\(\{([^}]+)\}/.exec(known)?.[1] ?? "";
const names = [...list.matchAll(/"([^"]+)"/g)].map(([, one]) => one);

/** A literal that begins with an address of the site. */
const ADDRESS = new RegExp(`["'\`]/(?:${names.join("|").replaceAll(".", "\\.")})\\b`, "g");
/** What puts the path before an address that it is given, and comparisons with the site's own. */
const KNOWN = new RegExp(
  "(?:\\b(?:withBase|get|getJson|getPart|post|send|go|Connection)|#(?:ask|until))" +
    "\\((?:\\s|person, |\"[A-Z]+\", )*$|=== $",
);
/** What takes an address as it is. */
const DIRECT = new RegExp(
  "\\b(?:fetch|EventSource|WebSocket|URL|assign|replace|register|getRegistration|open|" +
    "(?:push|replace)State\\(null, \"\",)\\(?\\s*[\"'`]\\/[^)]",
);

const files = readdirSync(join(ROOT, "static/js"), { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".js"),
);

/** @param {string} name */
const codeOf = (name) =>
  readFileSync(join(ROOT, "static/js", name), "utf8")
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replace('["/", "/rooms"].map(withBase)', ""); // of the service worker

/** @param {string} code @param {number} at */
const around = (code, at) => code.slice(Math.max(0, at - 40), at + 40).replaceAll(/\s+/g, " ");

test("addresses get the site's path", () => {
  assert.ok(names.includes("rooms") && files.length > 100);
  const wrong = files.flatMap((name) => {
    const code = codeOf(name);
    const found = [...code.matchAll(ADDRESS)].map(({ index }) => index);
    return found.filter((at) => !KNOWN.test(code.slice(0, at))).map((at) => `${name}: ${around(code, at)}`);
  });
  assert.deepEqual(wrong, []);
});

test("what takes an address as it is isn't given one of the site's own", () => {
  for (const name of files) assert.doesNotMatch(codeOf(name), DIRECT, name);
});

test("an address that has forgotten it would be found", () => {
  for (const code of ['fetch("/rooms")', "link.href = `/users/${name}`", 'const at = "/search?q=1"'])
    assert.ok([...code.matchAll(ADDRESS)].some(({ index }) => !KNOWN.test(code.slice(0, index))), code);
  for (const code of ['register("/service-worker.js")', "new EventSource(`/feed`)", 'location.assign("/x")'])
    assert.match(code, DIRECT);
});

test("what a browser keeps is named by the path, too, beside another site of the host", () => {
  for (const name of files) {
    const code = codeOf(name);
    assert.doesNotMatch(code, /path=\/[;`]/, name);
    if (!/^(?:theme|local\/storage)\.js$/.test(name)) assert.doesNotMatch(code, /\blocalStorage\./, name);
    assert.doesNotMatch(code, /(?:indexedDB|caches)\.(?:open|delete|has)\(["'`]/, name);
    for (const [, value] of code.matchAll(/^(?:export )?const (?:NAME|FILES|SHARED) = (["'`][^;]*);/gm))
      assert.match(value, /\$\{BASE\}/, name);
  }
});

test("where there is no path addresses stay as they are", () => {
  assert.equal(BASE, "");
  for (const one of ["/", "/rooms", "https://example.org/rooms", "//example.org", "#main", ""])
    assert.deepEqual([withBase(one), withoutBase(one)], [one, one]);
});

test("with one they get it once, and lose it", async () => {
  const { registration } = /** @type {any} */ (globalThis);
  /** @type {any} */ (globalThis).registration = { scope: "https://example.org/team/chat/" };
  try {
    const below = await import(`../../static/js/local/address.js?${"below"}`);
    assert.equal(below.BASE, "/team/chat");
    for (const [own, whole] of [
      ["/", "/team/chat/"],
      ["/rooms/lobby?x#y", "/team/chat/rooms/lobby?x#y"],
      ["/team/chatter", "/team/chat/team/chatter"],
    ]) {
      assert.deepEqual([below.withBase(own), below.withBase(whole)], [whole, whole]);
      assert.equal(below.withoutBase(whole), own);
    }
    assert.equal(below.withBase("https://example.org/rooms"), "https://example.org/rooms");
    assert.equal(below.withoutBase("/elsewhere"), "/elsewhere");
  } finally {
    /** @type {any} */ (globalThis).registration = registration;
  }
});
