import assert from "node:assert/strict";
import test from "node:test";
import { clockCookie } from "../../../static/js/server/clock.js";

const noon = new Date(2026, 10, 21, 12);
const offset = -noon.getTimezoneOffset();
/** @param {string} locale @param {"numeric"|"2-digit"} [hour] */
const formatOf = (locale, hour = "numeric") => {
  const format = new Intl.DateTimeFormat(locale, { hour, minute: "2-digit" });
  return (/** @type {string} */ at) => format.format(new Date(at));
};

test("the cookie tells the offset, and how the browser writes hours", () => {
  assert.equal(clockCookie(noon, formatOf("ru", "2-digit")), `${offset}~HH`);
  assert.equal(clockCookie(noon, formatOf("es")), `${offset}~H`);
  assert.match(clockCookie(noon, formatOf("en-US")), new RegExp(`^${offset}~hn?$`));
});

test("hours that the server can't write are left out", () => {
  assert.equal(clockCookie(noon, formatOf("ar-EG")), `${offset}~`);
  assert.equal(clockCookie(noon, formatOf("fi")), `${offset}~`);
});
