/** What the composer proposes while one types: commands at the start of the text, members after "@". Pure. */
import { roleName } from "./roles.js";
import { t } from "./texts.js";

const SHOWN = 8;

/**
 * @typedef {object} Proposal
 * @property {string} text what is put in
 * @property {string} label
 * @property {string} detail
 * @property {boolean} done the text is complete with it: Enter may send
 *
 * @typedef {{from: number, to: number, items: Proposal[]}} Completion `from` and `to` are what the chosen text replaces
 */

/** Without its optional parts, is the usage the bare name? @param {import("./store.js").Command} command */
const isBare = (command) => command.usage.replace(/\[[^\]]*\]/g, "").trim() === `/${command.name}`;

/** @param {string} word @param {import("./store.js").Command[]} commands @returns {Proposal[]} */
function commandsLike(word, commands) {
  const typed = word.slice(1).toLowerCase();
  /** @type {{rank: number, command: import("./store.js").Command}[]} */
  const found = [];
  for (const command of commands) {
    const names = [command.name, ...(command.aliases ?? [])];
    if (command.name.startsWith(typed)) found.push({ rank: 0, command });
    else if (names.some((name) => name.startsWith(typed))) found.push({ rank: 1, command });
  }
  found.sort((a, b) => a.rank - b.rank);
  return found.map(({ command }) => ({ text: `/${command.name} `, label: command.usage, detail: command.help, done: isBare(command) }));
}

/** @param {string} word @param {Iterable<import("./store.js").Member>} members @param {string} you @returns {Proposal[]} */
function membersLike(word, members, you) {
  const typed = word.slice(1).toLowerCase();
  const found = [...members].filter(({ name }) => name !== you && name.toLowerCase().startsWith(typed));
  found.sort((a, b) => Number(b.present) - Number(a.present) || a.name.localeCompare(b.name));
  return found.map(({ name, role, present }) => {
    const detail = [role === "member" ? "" : roleName(role), present ? t("here") : t("away")].filter(Boolean).join(", ");
    return { text: `@${name} `, label: `@${name}`, detail, done: name.toLowerCase() === typed };
  });
}

/**
 * @param {string} text @param {number} caret
 * @param {Pick<import("./store.js").State, "commands"|"members"|"you">} state
 * @returns {Completion|null}
 */
export function complete(text, caret, { commands, members, you }) {
  const before = text.slice(0, caret);
  const command = /^\/[\w-]*$/.exec(before);
  if (command) {
    const items = commandsLike(command[0], commands);
    // All of them at the bare slash, in a list that scrolls: that is how one learns what there is.
    return items.length ? { from: 0, to: caret, items } : null;
  }
  const mention = /(?:^|\s)(@[\w.-]*)$/.exec(before);
  if (!mention) return null;
  const items = membersLike(mention[1], members.values(), you.name).slice(0, SHOWN);
  return items.length ? { from: caret - mention[1].length, to: caret, items } : null;
}

/** The command whose arguments are being typed. @param {string} text @param {import("./store.js").Command[]} commands */
export function commandOf(text, commands) {
  const name = /^\/([\w-]+)\s/.exec(text)?.[1].toLowerCase();
  return name === undefined ? undefined : commands.find((command) => command.name === name || command.aliases?.includes(name));
}
