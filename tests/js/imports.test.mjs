/** The scripts import without circles: neither two files nor two folders import each other. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../static/js", import.meta.url));
/** What runs: an import of a type within a comment doesn't count. */
const IMPORT = /^(?:import|export)\b[^"';(]*"(\.{1,2}\/[^"]+)"|^(?! *(?:\/?\*)).*\bimport\("([^"]+)"\)/gm;

const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
const imports = new Map(
  files.map((name) => {
    const code = readFileSync(join(ROOT, name), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
    const found = [...code.matchAll(IMPORT)].map(([, fixed, later]) => fixed ?? later);
    return [name, new Set(found.map((one) => relative(ROOT, join(ROOT, dirname(name), one))))];
  }),
);

/** @param {Map<string, Set<string>>} graph @returns {string[]|null} the first circle that is found */
function circle(graph) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const path = [];
  /** @param {string} node @returns {string[]|null} */
  const visit = (node) => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return null;
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const found = visit(next);
      if (found) return found;
    }
    path.pop();
    done.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const found = visit(node);
    if (found) return found;
  }
  return null;
}

test("no files in a circle", () => {
  assert.ok(files.length > 50);
  assert.ok([...imports.values()].every((targets) => [...targets].every((one) => files.includes(one))));
  assert.equal(circle(imports), null);
});

test("no folders in a circle", () => {
  /** @type {Map<string, Set<string>>} */
  const folders = new Map();
  for (const [name, targets] of imports) {
    const from = dirname(name);
    const others = [...targets].map((one) => dirname(one)).filter((to) => to !== from);
    folders.set(from, new Set([...(folders.get(from) ?? []), ...others]));
  }
  assert.equal(circle(folders), null);
});

test("a circle is found", () => {
  const graph = new Map([
    ["a", new Set(["b"])],
    ["b", new Set(["c"])],
    ["c", new Set(["b"])],
  ]);
  assert.deepEqual(circle(graph), ["b", "c", "b"]);
});
