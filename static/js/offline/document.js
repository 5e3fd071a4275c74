/** The pages that are made of what is kept. Pure. */
import { withBase, BASE, withoutBase } from "../local/address.js";

/**
 * @typedef {import("./database.js").Room} Room
 * @typedef {import("./database.js").Shell} Shell
 * @typedef {import("./database.js").Kept} Kept
 */

const PLACE = /^\/rooms\/([^/]+)(?:\/([1-9]\d{0,15}))?$/;

/**
 * The room and the post in an address.
 * @param {string} pathname
 * @returns {{name: string, number: number|null}|null}
 */
export function placeIn(pathname) {
  const found = PLACE.exec(withoutBase(pathname));
  if (!found) return null;
  try {
    return {
      name: decodeURIComponent(found[1]).toLowerCase(),
      number: found[2] ? Number(found[2]) : null,
    };
  } catch {
    return null;
  }
}

/** A file that is the same for ever. @param {string} pathname */
export const isVersioned = (pathname) => /^\/static\/[0-9a-f]{12}\//.test(withoutBase(pathname));

/** @param {string} text */
const escaped = (text) =>
  text.replace(/[&<>"']/g, (sign) => `&#${/** @type {number} */ (sign.codePointAt(0))};`);

/** As JSON within a script element. @param {any} value */
const embedded = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");

/** @param {string[]} parts @param {Record<string, string>} values of the places in it */
const filled = (parts, values) =>
  parts.map((part, index) => (index % 2 ? (values[part] ?? "") : part)).join("");

/** @param {Shell} shell @param {string} title @param {Kept} kept @param {string} scripts */
const headOf = ({ lang, head }, title, { owner }, scripts) =>
  `<!doctype html>\n<html lang="${escaped(lang)}"${BASE && ` data-base="${BASE}"`}>${filled(head, {
    title: `<title>${escaped(title)}</title>`,
    csrf: escaped(owner.csrf),
    scripts,
  })}`;

/**
 * The page of a room.
 * @param {Kept} kept
 * @param {{room: Room, shell: Shell}} content
 * @param {number|null} number of the post in the address
 */
export function roomPage(kept, { room, shell }, number) {
  const { lines, lastSeq, more, epoch } = room.lines;
  const state = {
    ...room.state,
    ...kept.site,
    epoch,
    messages: lines,
    more,
    newer: false,
    last_seq: lastSeq,
    around: number !== null && lines.some((line) => line.number === number) ? number : null,
  };
  const body = filled(shell.body, {
    csrf: escaped(kept.owner.csrf),
    main: room.main,
    members: room.members,
    state: `<script type="application/json" id="room-state">${embedded(state)}</script>`,
  });
  return `${headOf(shell, room.title, kept, shell.scripts)}${body}</html>`;
}

/**
 * The page that says that something isn't kept, with the ways to what is. It is without the scripts of a
 * room, which isn't there.
 * @param {Kept} kept
 * @param {Shell} shell
 * @param {string} address that isn't kept
 */
export function awayPage(kept, shell, address) {
  const { title, text, again, list } = shell.away;
  const hash = address.split("?")[0] === withBase("/share") ? "#share" : "";
  const links = kept.notes.map(
    ({ name, title: shown }) =>
      `<li><a href="${withBase(`/rooms/${encodeURIComponent(name)}`)}${hash}" dir="auto">${
        escaped(shown)
      }</a></li>`,
  );
  return `${headOf(shell, title, kept, "")}<body class="away">
<main id="main"><h1>${escaped(title)}</h1>
<p>${escaped(text)}</p>
<p><a class="button" href="${escaped(address)}">${escaped(again)}</a></p>
<h2>${escaped(list)}</h2>
<ul>${links.join("")}</ul></main>
</body></html>`;
}
