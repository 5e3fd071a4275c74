/** What one may do is told by the server (`may`): no script concludes it from a role. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../static/js", import.meta.url));
/** Names and ranks of roles, and whom a card offers to make a moderator. */
const KNOW_ROLES = ["elements/people/person_card.js", "state/people.js", "words/roles.js"];
const ROLE = /"(?:admin|owner|moderator)"/;

test("roles are named where they are shown and compared, and nowhere else", () => {
  const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" });
  const scripts = files.filter((name) => name.endsWith(".js"));
  const naming = scripts.filter((name) => ROLE.test(readFileSync(join(ROOT, name), "utf8")));
  assert.deepEqual(naming.sort(), KNOW_ROLES);
});
