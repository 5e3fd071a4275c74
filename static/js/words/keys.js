/** The keys of the room page: one table for their handlers and for the dialog that lists them. */
import { keyOf } from "../dom/key_of.js";
import { t } from "./texts.js";

/**
 * @typedef {object} Key
 * @property {string[]} keys as `keyOf` names them; any of them does it
 * @property {string} [does] what the timeline does; without it another part of the page has the key
 * @property {() => string} says what it is for, in the reader's language
 */

/** While the timeline has the focus: single letters only there (WCAG 2.1.4). @type {Key[]} */
export const TIMELINE_KEYS = [
  { keys: ["j", "ArrowDown"], does: "next", says: () => t("Next message") },
  { keys: ["k", "ArrowUp"], does: "previous", says: () => t("Previous message") },
  { keys: ["n"], does: "unread", says: () => t("First unread message") },
  { keys: ["Home"], does: "first", says: () => t("First message of all") },
  { keys: ["End"], does: "last", says: () => t("Latest message") },
  { keys: ["r"], does: "reply", says: () => t("Reply") },
  { keys: ["e"], does: "edit", says: () => t("Edit your message") },
  { keys: ["x"], does: "select", says: () => t("Select the message, or not") },
  {
    keys: ["Shift+ArrowDown", "Shift+ArrowUp"],
    does: "extend",
    says: () => t("Select the next or previous message too"),
  },
  { keys: ["Delete"], does: "remove", says: () => t("Delete what is selected") },
  { keys: [":"], does: "react", says: () => t("React with an emoji") },
  {
    keys: ["Enter", "ContextMenu", "Shift+F10"],
    does: "menu",
    says: () => t("Everything else that can be done with the message"),
  },
  { keys: ["?"], does: "keys", says: () => t("Show these keys") },
];

/** Wherever the focus is. @type {Key[]} */
export const PAGE_KEYS = [
  { keys: ["Escape"], does: "latest", says: () => t("To the latest message, and all is read") },
  { keys: ["Ctrl+k"], says: () => t("Go to a room or a person") },
  { keys: ["Ctrl+Shift+F"], says: () => t("Search in this room") },
  { keys: ["F6", "Shift+F6"], does: "pane", says: () => t("Next or previous part of the page") },
  { keys: ["Alt+ArrowUp", "Alt+ArrowDown"], says: () => t("Previous or next room") },
  {
    keys: ["Alt+Shift+ArrowUp", "Alt+Shift+ArrowDown"],
    says: () => t("Previous or next room with unread messages"),
  },
  { keys: ["Ctrl+/"], does: "keys", says: () => t("Show these keys") },
];

/** In the box in which one writes. @type {Key[]} */
export const COMPOSER_KEYS = [
  { keys: ["Enter"], says: () => t("Send") },
  { keys: ["Shift+Enter"], says: () => t("New line") },
  { keys: ["ArrowUp"], says: () => t("Edit your last message, while the box is empty") },
  { keys: ["@", "#", ":", "/"], says: () => t("People, rooms, emoji and commands") },
];

/** @returns {{title: string, keys: Key[]}[]} */
export const keyGroups = () => [
  { title: t("Anywhere"), keys: PAGE_KEYS },
  { title: t("While writing"), keys: COMPOSER_KEYS },
  { title: t("In the messages"), keys: TIMELINE_KEYS }, // the longest, which fills a column of its own
];

/**
 * @param {Key[]} table
 * @param {Parameters<typeof keyOf>[0]} event
 * @returns {string|undefined} what it does
 */
export function doing(table, event) {
  const pressed = keyOf(event);
  return table.find(({ keys, does }) => does && keys.includes(pressed))?.does;
}

/** @type {Record<string, () => string>} */
const LABELS = {
  ArrowUp: () => "↑",
  ArrowDown: () => "↓",
  Escape: () => t("Esc"),
  ContextMenu: () => t("Menu"),
  Home: () => t("Home"),
  End: () => t("End"),
};

/**
 * As it is written on the keys: "Alt+ArrowUp" is Alt and ↑.
 * @param {string} key
 * @returns {string[]}
 */
export const labelsOf = (key) =>
  key
    .split("+")
    .map((one) => LABELS[one]?.() ?? (one.length === 1 && key.length > 1 ? one.toUpperCase() : one));
