/**
 * What the composer completes: people after "@", rooms after "#", emoji after ":", commands after
 * "/" and their arguments. Pure: what is known beyond the page's state is passed in.
 */
import { commandOf } from "./commands.js";
import { SMALL_ROOM } from "./questions.js";
import { fold, withoutApostrophes } from "../words/folding.js";
import { handleBeside, plainName } from "../words/names.js";
import { roleName } from "../words/roles.js";
import { t } from "../words/texts.js";
import { isConversation } from "../state/unread.js";

const SHOWN = 8;
/** A colon alone is a colon: emoji are proposed after so many letters. */
const LETTERS = 2;
const WORD = String.raw`[\p{L}\p{M}\p{N}._-]`;
const BEGINS = String.raw`(?:^|[\s(\[{"'*_~])`;
const SIGNED = new RegExp(`${BEGINS}(@${WORD}*|#${WORD}*|:[\\p{L}\\p{N}_+-]{${LETTERS},})$`, "u");

/**
 * @typedef {"person"|"room"|"emoji"|"command"} Kind
 * @typedef {object} Proposal
 * @property {Kind} kind
 * @property {string} name what it is called, by which its use is remembered
 * @property {string} text what is put in
 * @property {string} sign the emoji itself, or a sign that stands for the kind
 * @property {string} label
 * @property {string} detail
 * @property {boolean} done the text is complete with it: Enter may send
 *
 * @typedef {{from: number, to: number, items: Proposal[], passive: boolean}} Completion `from` and
 *   `to` are what the chosen text replaces; a passive one leaves Enter alone until one has moved
 *   into it
 * @typedef {{kind: Kind, word: string, from: number, to: number, passive: boolean, isArgument: boolean}}
 *   Context what the text before the caret asks for; `word` without its sign. The argument of a
 *   command needs none
 *
 * @typedef {object} Known
 * @property {(word: string) => {name: string, status?: string}[]} people beyond the members, as far
 *   as they are here
 * @property {(word: string) => {name: string, title?: string, kind?: string, topic?: string}[]} rooms
 *   beyond one's
 *   own
 * @property {() => string[][]} emoji rows of the emoji, its name and its shortcode
 * @property {(kind: Kind) => Map<string, number>} ranks by name, 0 for the last used
 */

/**
 * Whether the command needs no arguments.
 * @param {import("../state/types.js").Command} command
 */
const isBare = (command) => command.usage.replace(/\[[^\]]*\]/g, "").trim() === `/${command.name}`;

/**
 * @param {string} text
 * @param {number} caret
 * @param {import("../state/types.js").Command[]} commands
 * @returns {Context|null}
 */
export function contextAt(text, caret, commands) {
  const before = text.slice(0, caret);
  if (/^\/[\w-]*$/.test(before))
    return { kind: "command", word: before.slice(1), from: 0, to: caret, passive: false, isArgument: false };
  const signed = SIGNED.exec(before);
  if (signed) {
    const kind = signed[1][0] === "@" ? "person" : signed[1][0] === "#" ? "room" : "emoji";
    const word = signed[1].slice(1);
    // `#1` is no room and `:30` no emoji, though some have it in their names: Enter sends it.
    const passive = kind !== "person" && /^[^\p{L}]/u.test(word);
    const command = kind === "person" && commandOf(text, commands);
    const isArgument = Boolean(command && !command.says);
    return { kind, word, from: caret - signed[1].length, to: caret, passive, isArgument };
  }
  return argument(before, commands);
}

/**
 * The kind of argument at the caret, by the command's usage. Its sign may be left out.
 * @param {string} before
 * @param {import("../state/types.js").Command[]} commands
 * @returns {Context|null}
 */
function argument(before, commands) {
  const command = commandOf(before, commands);
  if (!command || before.includes("\n")) return null;
  const words = before.split(/\s+/);
  const word = words[words.length - 1];
  const slot = command.usage.split(" ")[words.length - 1]?.replace(/[[\]]/g, "");
  if (slot === undefined || !new RegExp(`^${WORD}*$`, "u").test(word)) return null;
  const kind = slot.startsWith("@")
    ? "person"
    : slot === "room"
      ? "room"
      : slot === "command"
        ? "command"
        : null;
  const from = before.length - word.length;
  return kind && { kind, word, from, to: before.length, passive: true, isArgument: true };
}

/**
 * How well a name fits what is typed: 0 begins with it, 1 has a part that does, 2 has it inside; -1
 * not at all.
 * @param {string} name
 * @param {string} typed in lower case
 */
function fit(name, typed) {
  const index = name.toLowerCase().indexOf(typed);
  if (index <= 0) return index;
  if (/[\s._'’-]/.test(name[index - 1])) return 1;
  return typed.length >= LETTERS ? 2 : -1;
}

/** By several figures, the first that differs decides. @param {number[]} a @param {number[]} b */
function compare(a, b) {
  for (let index = 0; index < a.length; index += 1)
    if (a[index] !== b[index]) return a[index] < b[index] ? -1 : 1;
  return 0;
}

/**
 * The best ones, ordered by their figures and then by name.
 * @template T
 * @param {Iterable<T>} all
 * @param {(one: T) => number[]|null} figures null: not at all
 * @param {(one: T) => string} name
 * @returns {T[]}
 */
function best(all, figures, name) {
  const found = [];
  for (const one of all) {
    const its = figures(one);
    if (its) found.push({ one, its });
  }
  found.sort((a, b) => compare(a.its, b.its) || name(a.one).localeCompare(name(b.one)));
  return found.slice(0, SHOWN).map(({ one }) => one);
}

/** @typedef {import("../state/store.js").State} State */
/** @typedef {Pick<State, "commands"|"members"|"you"|"rooms"|"may"|"room">} Here */

/**
 * `@all` and `@here`, where one may use them.
 * @param {string} typed in lower case
 * @param {Here} here
 * @returns {Proposal[]}
 */
function groups(typed, { members, may, room }) {
  const isForAll = members.size <= SMALL_ROOM && !room.rights?.mention;
  if (!isForAll && !may.includes("mention_groups")) return [];
  const details = { all: t("all members"), here: t("those who are here") };
  return Object.entries(details)
    .filter(([name]) => name.startsWith(typed))
    .map(([name, detail]) => ({
      kind: "person",
      name,
      text: `@${name} `,
      sign: "group",
      label: `@${name}`,
      detail,
      done: name === typed,
    }));
}

/** @param {Context} context @param {Here} here @param {Known} known @returns {Proposal[]} */
function people({ word, isArgument }, here, known) {
  const { members, you } = here;
  const typed = word.toLowerCase();
  const folded = fold(word);
  const ranks = known.ranks("person");
  const rank = (/** @type {string} */ name) => ranks.get(name) ?? Infinity;
  const others = known.people(word).filter(({ name }) => !members.has(name));
  const all = [
    ...[...members.values()].map((one) => ({ ...one, member: true })),
    ...others.map((one) => ({ ...one, member: false, present: false, role: "" })),
  ];
  const found = best(
    all,
    ({ name, present, member }) => {
      const shown = fold(plainName(name));
      const texts = [shown, withoutApostrophes(shown)].map((text) => fit(text, folded));
      const fits = [fit(name, typed), ...texts].filter((one) => one >= 0);
      const how = name === you.name || !fits.length ? -1 : Math.min(...fits);
      return how < 0
        ? null
        : [
            name.toLowerCase() === typed ? 0 : 1,
            Number(!member),
            Number(how > 1),
            rank(name),
            Number(!present),
            how,
          ];
    },
    ({ name }) => name,
  );
  /** @type {Proposal[]} */
  const named = found.map(({ name, role, present, member }) => {
    const its = role === "member" ? "" : roleName(role);
    const where = member
      ? [its, present ? t("online") : t("not online")].filter(Boolean).join(", ")
      : isArgument
        ? ""
        : t("not in this room");
    const handle = handleBeside(name);
    const detail = [handle, where].filter(Boolean).join(" · ");
    return {
      kind: "person",
      name,
      text: `@${name} `,
      sign: "",
      label: handle ? plainName(name) : `@${name}`,
      detail,
      done: name.toLowerCase() === typed,
    };
  });
  const together = isArgument ? [] : groups(typed, here);
  return together[0]?.done ? [...together, ...named] : [...named, ...together];
}

/** @param {Context} context @param {Here} here @param {Known} known @returns {Proposal[]} */
function rooms({ word, isArgument }, { rooms: own }, known) {
  const typed = word.toLowerCase();
  const ranks = known.ranks("room");
  const all = new Map(
    known.rooms(word).map((room) => [room.name, { topic: "", kind: "open", ...room, own: false }]),
  );
  for (const room of own.values())
    all.set(room.name, { topic: "", ...all.get(room.name), ...room, own: true });
  const found = best(
    all.values(),
    (room) => {
      // A conversation has no name that others could follow.
      const how = isConversation(room) ? -1 : Math.max(fit(room.name, typed), fit(room.title ?? "", typed));
      return how < 0
        ? null
        : [
            room.name.toLowerCase() === typed ? 0 : 1,
            Number(!room.own),
            Number(how > 1),
            ranks.get(room.name) ?? Infinity,
            how,
          ];
    },
    ({ name }) => name,
  );
  const sign = isArgument ? "" : "#";
  return found.map(({ name, title = name, kind, topic }) => ({
    kind: "room",
    name,
    text: `${sign}${name} `,
    sign: kind === "closed" ? "lock" : "hash",
    label: name,
    detail: title === name ? topic : title,
    done: name.toLowerCase() === typed,
  }));
}

/** @param {Context} context @param {Known} known @returns {Proposal[]} */
function emoji({ word }, known) {
  const typed = word.toLowerCase();
  const ranks = known.ranks("emoji");
  const found = best(
    known.emoji(),
    ([sign, name, code = ""]) => {
      const its = [fit(code, typed), fit(name, typed)].filter((one) => one >= 0);
      return its.length
        ? [
            code === typed ? 0 : 1,
            ranks.get(sign) ?? Infinity,
            Math.min(...its),
            its[0] === fit(code, typed) ? 0 : 1,
            name.length,
          ]
        : null;
    },
    ([, name]) => name,
  );
  return found.map((row) => ({
    kind: "emoji",
    name: row[0],
    text: `${row[0]} `,
    sign: row[0],
    label: `:${row[2] ?? row[1]}:`,
    detail: row[1],
    done: false,
  }));
}

/** @param {Context} context @param {Here} here @param {Known} known @returns {Proposal[]} */
function commands({ word, isArgument }, { commands: all }, known) {
  const typed = word.toLowerCase();
  const ranks = known.ranks("command");
  const found = best(
    all,
    ({ name, aliases = [] }) => {
      const how = name.startsWith(typed) ? 0 : aliases.some((alias) => alias.startsWith(typed)) ? 1 : -1;
      return how < 0
        ? null
        : [name === typed || aliases.includes(typed) ? 0 : 1, how, ranks.get(name) ?? Infinity];
    },
    ({ name }) => name,
  );
  return found.map((command) => ({
    kind: "command",
    name: command.name,
    text: isArgument ? `${command.name} ` : `/${command.name} `,
    sign: "",
    label: command.usage,
    detail: command.help,
    done: isBare(command) || isArgument,
  }));
}

/**
 * @param {string} text
 * @param {number} caret
 * @param {Here} here
 * @param {Known} known
 * @returns {Completion|null}
 */
export function complete(text, caret, here, known) {
  const context = contextAt(text, caret, here.commands);
  if (!context) return null;
  const find = {
    person: people,
    room: rooms,
    emoji: (/** @type {Context} */ one) => emoji(one, known),
    command: commands,
  }[context.kind];
  const items = find(context, here, known);
  return items.length ? { from: context.from, to: context.to, items, passive: context.passive } : null;
}
