/** One row of the timeline: each kind of row with its template and what is filled in. */
import { clockTime, fullTime } from "../../words/dates.js";
import { summarise } from "../../state/layout.js";
import { DELETED, handleBeside, shownName } from "../../words/names.js";
import { hideSpoilers, nameMentions } from "../../words/rich_text.js";
import { describe } from "../../words/service_lines.js";
import { cloneElement, part } from "../../dom/template.js";
import { interpolate, n, t } from "../../words/texts.js";
import { paintAvatar } from "../people/avatar.js";
import { fillMarks, fillQuote, fillReactions } from "./reactions.js";
import { setTabStops } from "./roving_focus.js";

/** @typedef {import("../../state/layout.js").Row} Row */

/** A text of so many characters or lines is folded: about a screen. */
const LONG = 1_800;
const MANY_LINES = 24;

/** @param {HTMLElement} node @param {string} at */
function fillTime(node, at) {
  const time = /** @type {HTMLTimeElement} */ (part(node, "time"));
  time.dateTime = at;
  time.textContent = clockTime(at);
  time.title = fullTime(at);
}

/** What each text shows now. @type {WeakMap<HTMLElement, string>} */
const filled = new WeakMap();

/**
 * @param {HTMLElement} node
 * @param {{text: string, html?: string, deleted?: boolean}} line
 * @returns {boolean} whether it shows something else now: what is selected in a text that stays is
 *   to stay selected
 */
export function fillText(node, line) {
  const wanted = line.deleted
    ? "deleted"
    : line.html === undefined
      ? `text ${line.text}`
      : `html ${line.html}`;
  if (filled.get(node) === wanted) {
    if (line.html?.includes('class="mention"')) nameMentions(node);
    return false;
  }
  filled.set(node, wanted);
  node.classList.toggle("rich", line.html !== undefined && !line.deleted);
  node.classList.toggle("deleted", Boolean(line.deleted));
  if (line.deleted) {
    node.textContent = t("This message was deleted.");
    return true;
  }
  if (line.html === undefined) {
    node.textContent = line.text;
    return true;
  }
  // The one place where HTML goes into the page as such: `html` was made and sanitised by the
  // server from the line's text; nothing that a person typed gets here otherwise.
  node.innerHTML = line.html;
  hideSpoilers(node);
  nameMentions(node);
  for (const link of node.querySelectorAll("a[href]")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer nofollow");
  }
  // What is wider than the screen can be scrolled by keyboard too.
  for (const wide of /** @type {NodeListOf<HTMLElement>} */ (node.querySelectorAll("pre, .wide")))
    wide.tabIndex = 0;
  return true;
}

/** What an unsent line will look like, as far as the page can know. @param {string} text */
const asTyped = (text) => (text.startsWith("//") ? text.slice(1) : text);

/** @param {HTMLElement} node @param {any} line a Line or a Pending */
function mark(node, line) {
  const pending = line.stage !== undefined;
  node.classList.toggle("pending", pending);
  node.classList.toggle("refused", line.stage === "refused");
  if (line.nonce) node.dataset.nonce = line.nonce;
  if (!pending) delete node.dataset.nonce;
  if (line.seq && !pending) node.dataset.seq = String(line.seq);
  if (line.number) node.dataset.number = String(line.number);
}

/**
 * With what opens their card, where there is somebody.
 * @param {HTMLElement} node
 * @param {string} author
 */
function nameAuthor(node, author) {
  node.textContent = shownName(author);
  if (author === DELETED) return;
  node.dataset.person = author;
  node.title = handleBeside(author);
}

/** @param {any} line @param {string} you */
const callsYou = ({ author, mentions = [] }, you) =>
  author !== you && mentions.some((/** @type {string} */ name) => name === you || name[0] === "@");

/** Loaded with the first message that has files. @type {typeof import("../files/message_files.js")|null} */
let files = null;
/** @type {WeakMap<HTMLElement, any>} */
const withFiles = new WeakMap();

/** @param {HTMLElement} node @param {any} line */
async function fillFilesOf(node, line) {
  if (!line.files && !withFiles.has(node)) return;
  withFiles.set(node, line);
  files ??= await import("../files/message_files.js");
  files.fillFiles(node, withFiles.get(node));
}

/** All that stands beside the text of a post. @param {HTMLElement} node @param {Row} row */
function fillAround(node, { line, link, you = "" }) {
  fillTime(node, line.at);
  node.classList.toggle("calls-you", callsYou(line, you));
  if (link) part(node, "link").setAttribute("href", link);
  mark(node, line);
  fillQuote(node, line, link);
  fillMarks(node, line);
  void fillFilesOf(node, line);
  fillReactions(node, line, you);
}

/**
 * What became of an unsent line; the fates have the names of their templates.
 * @param {HTMLElement} node
 * @param {Row} row
 */
function fillFate(node, { fate = "", line }) {
  if ((node.dataset.fate ?? "") !== fate) {
    part(node, "fate")?.remove();
    if (fate) part(node, "body").append(cloneElement(fate));
    node.dataset.fate = fate;
  }
  if (fate === "refusal") part(node, "reason").textContent = line.reason;
}

/**
 * "alice, bob and carol", of nodes.
 * @param {HTMLElement[]} people
 * @returns {(string|HTMLElement)[]}
 */
function joinNames(people) {
  const list = people.slice(0, -1).flatMap((one, index) => (index ? [", ", one] : [one]));
  if (!list.length) return people;
  return interpolate(t("{list} and {last}"), "list", list).flatMap((one) =>
    typeof one === "string" ? interpolate(one, "last", people.slice(-1)) : [one],
  );
}

/**
 * `begin` fills in what never changes, `update` the rest. Both also take what the server has made of
 * the row, with whatever it holds.
 * @type {Record<Row["kind"], {begin?(node: HTMLElement, row: Row): void, update(node: HTMLElement,
 *   row: Row): void}>}
 */
const rowKinds = {
  message: {
    begin(node, row) {
      const { author = "" } = row;
      node.classList.toggle("own", Boolean(row.own));
      if (author !== DELETED) part(node, "avatar").dataset.person = author;
      paintAvatar(part(node, "avatar"), author);
    },
    update(node, row) {
      const { line, author = "" } = row;
      nameAuthor(part(node, "author"), author);
      node.classList.toggle("continues", Boolean(row.continues));
      const text = part(node, "text");
      if (fillText(text, line.stage === undefined ? line : { text: asTyped(line.text) })) {
        const long = line.text.length > LONG || line.text.split("\n", MANY_LINES + 1).length > MANY_LINES;
        node.querySelector("[data-action=unfold]")?.remove();
        if (long) part(node, "bubble").append(cloneElement("unfold"));
        node.classList.toggle("long", long);
      }
      fillAround(node, row);
      fillFate(node, row);
    },
  },

  me: {
    begin(node, row) {
      node.classList.toggle("own", Boolean(row.own));
    },
    update(node, row) {
      nameAuthor(part(node, "author"), row.line.author);
      fillText(part(node, "text"), row.line);
      fillAround(node, row);
    },
  },

  service: {
    update(node, { line }) {
      part(node, "text").textContent = describe(line);
      fillTime(node, line.at);
      node.dataset.kind = line.kind;
      mark(node, line);
    },
  },

  run: {
    update(node, { lines = [] }) {
      const said = summarise(lines).flatMap(({ names, others, verbs }, index) => {
        const people = names.map((name) => {
          const bdi = document.createElement("bdi");
          bdi.textContent = shownName(name);
          return bdi;
        });
        const text = others
          ? n("{names} and {count} other {verbs}", "{names} and {count} others {verbs}", others, { verbs })
          : t("{names} {verbs}", { verbs });
        return [...(index ? [", "] : []), ...interpolate(text, "names", joinNames(people))];
      });
      part(node, "summary").replaceChildren(...said);
      const list = part(node, "lines");
      // A run only grows at one of its ends or is cut at the old one; lists of it are short, so
      // made anew.
      list.replaceChildren(
        ...lines.map((line) => {
          const item = cloneElement("run-line");
          part(item, "text").textContent = describe(line);
          fillTime(item, line.at);
          item.dataset.seq = String(line.seq);
          return item;
        }),
      );
    },
  },

  gone: {
    update(node, { line, lines = [] }) {
      part(node, "summary").textContent = n(
        "{count} message was deleted.",
        "{count} messages were deleted.",
        lines.length,
      );
      part(node, "lines").replaceChildren(
        ...lines.map(({ author, at }) => {
          const item = cloneElement("gone-line");
          part(item, "text").textContent = shownName(author);
          fillTime(item, at);
          return item;
        }),
      );
      mark(node, line);
    },
  },

  ignored: {
    update(node, { line, lines = [] }) {
      part(node, "text").textContent = n(
        "{count} message of somebody you ignore",
        "{count} messages of somebody you ignore",
        lines.length,
      );
      node.dataset.first = String(lines[0].number);
      mark(node, line);
    },
  },

  day: {
    update(node, row) {
      part(node, "label").textContent = row.label ?? "";
      /** @type {HTMLTimeElement} */ (part(node, "label")).dateTime = row.key.slice("day:".length);
    },
  },

  new: { update() {} },

  notice: {
    update(node, { line }) {
      part(node, "text").textContent = line.text;
      node.dataset.notice = String(line.id);
    },
  },
};

/**
 * What fills in more of a post, once it is loaded: the cards of its links.
 * @type {((node: HTMLElement, line: any) => void)[]}
 */
export const laterParts = [];

/** @param {Row} row @param {HTMLElement} [node] what the server has made of it */
export function makeRow(row, node = cloneElement(row.kind)) {
  rowKinds[row.kind].begin?.(node, row);
  return node;
}

/** @param {HTMLElement} node @param {Row} row */
export function updateRow(node, row) {
  rowKinds[row.kind].update(node, row);
  if (!node.matches(".message")) return;
  for (const fill of laterParts) fill(node, row.line);
  setTabStops(node);
}
