/** The page of a room without the room: what the pages that are kept have in common. */
import { withBase } from "../local/address.js";
import { t } from "../words/texts.js";

const HEADERS = [
  "Content-Security-Policy",
  "Cross-Origin-Opener-Policy",
  "Cross-Origin-Resource-Policy",
  "Permissions-Policy",
  "Referrer-Policy",
  "Strict-Transport-Security",
  "X-Content-Type-Options",
];

/** Which release of the site made a page, and in which language. @param {Document} page */
export const shellKey = (page) =>
  `${page.querySelector("script[type=module]")?.getAttribute("src")} ${page.documentElement.lang}`;

/** A part of a page as it came, without its rows. @param {Element} part */
export function withoutRows(part) {
  const found = /** @type {Element} */ (part.cloneNode(true));
  found.querySelector("#timeline")?.replaceChildren();
  for (const one of found.querySelectorAll("noscript, .flashes")) one.remove();
  return found;
}

/**
 * @param {Response} answer the page of a room
 * @param {string} key
 * @returns {Promise<import("./database.js").Shell|null>} null where it is another page
 */
export async function shellOf(answer, key) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.getElementById("room-state") || shellKey(page) !== key) return null;
  // What people write can't be taken for a place in the page.
  const mark = crypto.randomUUID();
  const place = (/** @type {string} */ name) => page.createComment(`${mark} ${name} ${mark}`);
  /** @param {string} selector @param {string} name */
  const replace = (selector, name) => page.querySelector(selector)?.replaceWith(place(name));
  const scripts = [...page.querySelectorAll("script[type=module], link[rel=modulepreload]")];
  const STATIC = withBase("/static/");
  const files = [...page.querySelectorAll(`link[href^='${STATIC}'], script[src^='${STATIC}']`)].map(
    (one) => one.getAttribute("href") ?? one.getAttribute("src") ?? "",
  );
  const elements = scripts.map((one) => one.outerHTML).join("\n");
  scripts[0].replaceWith(place("scripts"));
  for (const one of scripts) one.remove();
  replace("head > title", "title");
  replace("#main", "main");
  replace("#members", "members");
  replace("#room-state", "state");
  for (const one of page.querySelectorAll("noscript")) one.remove();
  for (const one of page.querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
  for (const one of page.querySelectorAll("[name=csrf-token]"))
    one.setAttribute("content", `<!--${mark} csrf ${mark}-->`);
  for (const one of page.querySelectorAll("[name=csrf_token]"))
    one.setAttribute("value", `<!--${mark} csrf ${mark}-->`);
  const between = new RegExp(`(?:<|&lt;)!--${mark} (\\w+) ${mark}--(?:>|&gt;)`);
  return {
    lang: page.documentElement.lang,
    head: page.head.outerHTML.split(between),
    body: page.body.outerHTML.split(between),
    scripts: elements,
    headers: Object.fromEntries(
      HEADERS.flatMap((name) => [[name, answer.headers.get(name) ?? ""]]).filter(([, value]) => value),
    ),
    files,
    away: {
      title: t("There is no connection"),
      text: t("This page isn’t kept in this browser. It opens when the connection is back."),
      again: t("Try again"),
      list: t("Kept in this browser"),
    },
  };
}
