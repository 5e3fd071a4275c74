/**
 * Lines as they are shown: with pending amendments applied, and with quotes that follow the quoted
 * posts. Pure.
 */
import { quoted } from "./quotes.js";

/**
 * @typedef {import("./store.js").State} State
 * @typedef {import("./types.js").Line} Line
 * @typedef {import("./types.js").Amendment} Amendment
 */

/**
 * @param {Line} line
 * @param {Amendment} amendment
 * @param {string} you
 * @returns {Line["reactions"]}
 */
function reacted({ reactions = [] }, { emoji = "", on }, you) {
  const found = reactions.find((one) => one.emoji === emoji);
  if (Boolean(found?.names.includes(you)) === on) return reactions;
  if (!on)
    return reactions
      .map((one) => (one === found ? { emoji, names: one.names.filter((name) => name !== you) } : one))
      .filter((one) => one.names.length);
  return found
    ? reactions.map((one) => (one === found ? { emoji, names: [...one.names, you] } : one))
    : [...reactions, { emoji, names: [you] }];
}

/**
 * @param {Line["files"]} files
 * @param {import("./types.js").Described[]} now
 */
const described = (files, now) =>
  files?.map((file) => ({ ...file, ...now.find(({ id }) => id === file.id) }));

/** @type {Record<string, (line: Line, amendment: Amendment, you: string) => Line>} */
const done = {
  edit: (line, { text = "", at, files = [] }) => {
    if (line.deleted) return line;
    const shown = files.length ? { ...line, files: described(line.files, files) } : line;
    if (text === line.text) return shown;
    return { ...shown, text, html: undefined, excerpt: undefined, edited_at: at };
  },
  delete: (line) => ({ ...line, deleted: true }),
  // A text that the server has removed returns with its answer.
  undelete: (line) => (line.text ? { ...line, deleted: false } : line),
  react: (line, amendment, you) =>
    line.deleted ? line : { ...line, reactions: reacted(line, amendment, you) },
  dismiss_preview: (line, { url }) => ({
    ...line,
    previews: line.previews?.filter((one) => one.url !== url),
  }),
  pin: (line, { on }) => (line.deleted ? line : { ...line, pinned: on }),
};

/**
 * A post with its pending amendments; the same object where there are none.
 * @param {State} state
 * @param {Line} line
 * @returns {Line}
 */
export function amended({ amendments, you }, line) {
  let shown = line;
  for (const amendment of amendments) {
    if (amendment.number !== line.number || !done[amendment.type]) continue;
    // `changed` marks it as another line for rendering.
    shown = {
      ...done[amendment.type](shown, amendment, you.name),
      changed: `${shown.changed ?? ""}~${amendment.nonce}`,
    };
  }
  return shown;
}

/**
 * How lines and pending posts are to be shown, of one state. A quote says what the quoted post says
 * now, where that is on the page.
 * @param {State} state
 * @returns {<L extends {number?: number, reply_to?: number|null, quote?: {author: string, text:
 *   string}}>(line: L) => L}
 */
export function overlay(state) {
  const touched = new Set(state.amendments.map((amendment) => amendment.number));
  /** @type {Map<number, Line>|null} */
  let byNumber = null;
  const find = (/** @type {number} */ number) => {
    byNumber ??= new Map(state.lines.flatMap((line) => (line.number ? [[line.number, line]] : [])));
    const found = byNumber.get(number);
    return found && touched.has(number) ? amended(state, found) : found;
  };
  return (/** @type {any} */ line) => {
    const shown = touched.has(line.number) ? amended(state, line) : line;
    if (!shown.reply_to) return shown;
    const original = find(shown.reply_to);
    if (!original || (shown.quote && original.changed === undefined)) return shown;
    const { author, text, files } = quoted(original);
    return {
      ...shown,
      quote: original.deleted
        ? { author, text: "" }
        : { author, text: original.excerpt ?? text, ...(files && { files }) },
      changed: `${shown.changed ?? ""}"${original.changed ?? ""}`,
    };
  };
}

/** Removes the amendments whose outcome the state has. @param {State} state */
export function settleAmendments(state) {
  if (state.amendments.some((amendment) => amendment.seq && amendment.seq <= state.lastSeq))
    state.amendments = state.amendments.filter(
      (amendment) => !amendment.seq || amendment.seq > state.lastSeq,
    );
}

/**
 * Updates the loaded list of pins after a post changed.
 * @param {State} state
 * @param {Line} line
 * @returns {boolean}
 */
export function updatePins(state, line) {
  if (!state.pins) return false;
  const others = state.pins.filter((pin) => pin.number !== line.number);
  if (!line.pinned && others.length === state.pins.length) return false;
  state.pins = line.pinned ? [...others, line].sort((a, b) => (b.number ?? 0) - (a.number ?? 0)) : others;
  return true;
}
