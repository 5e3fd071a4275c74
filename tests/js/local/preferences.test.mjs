/** The cookie of the preferences is read as the server writes it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { preferenceIn } from "../../../static/js/local/preferences.js";

test("a choice is found among other cookies and choices, and the usual is empty", () => {
  const cookie = "clock=120~H; preferences=theme:dark.hours:h23; other=theme:light";
  assert.equal(preferenceIn(cookie, "theme"), "dark");
  assert.equal(preferenceIn(cookie, "hours"), "h23");
  assert.equal(preferenceIn(cookie, "sides"), "");
  assert.equal(preferenceIn("", "theme"), "");
  assert.equal(preferenceIn("preferences=", "theme"), "");
  assert.equal(preferenceIn("notpreferences=theme:dark", "theme"), "");
});
