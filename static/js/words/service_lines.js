/**
 * The service lines of the history in the reader's language, made from kind, author and target.
 * Pure.
 */
import { durationInWords } from "./durations.js";
import { isolated, shownName } from "./names.js";
import { n, t } from "./texts.js";

/**
 * @typedef {Pick<import("../state/types.js").Line, "kind"|"author"|"text"|"target">} ServiceLine
 */

/**
 * `raw` are the names as the text has them.
 * @type {Record<string, (values: {author: string, target: string, what: string}, text: string, raw: {author:
 *   string, target: string}) => string>}
 */
const WORDS = {
  created: (who) => t("{author} created the room", who),
  joined: (who) => t("{author} joined the room", who),
  came: (who) => t("{author} came in", who),
  went: (who) => t("{author} went away", who),
  left: (who) => t("{author} left the room", who),
  invited: (who) => t("{author} invited {target}", who),
  topic: (who) =>
    who.what ? t("{author} set the topic: {what}", who) : t("{author} removed the topic", who),
  title: (who) => t("{author} named the room {what}", who),
  name: (who) => t("{author} changed the room’s address to #{what}", who),
  slow: (who, text) =>
    text === "off"
      ? t("{author} ended slow mode", who)
      : t("{author} made the room slow: one message in {time}", { ...who, time: durationInWords(text) }),
  kind: (who, text) =>
    text === "open"
      ? t("{author} opened the room: everybody may read and join it", who)
      : t("{author} closed the room: only members find and read it", who),
  history: (who, text) =>
    text === "all"
      ? t("{author} lets newcomers read the whole history", who)
      : t("{author} lets newcomers read only what comes after they have joined", who),
  previews: (who, text) =>
    text === "on"
      ? t("{author} turned previews of links on in this room", who)
      : t("{author} turned previews of links off in this room", who),
  retention: (who, text) =>
    parseInt(text)
      ? n(
          "{author} lets the room keep its messages for {count} day",
          "{author} lets the room keep its messages for {count} days",
          parseInt(text),
          who,
        )
      : t("{author} lets the room keep its messages for good", who),
  picture: (who, text) =>
    text === "0" ? t("{author} removed the room’s picture", who) : t("{author} gave the room a picture", who),
  rights: (who, text) => describeRight(who, text),
  uncleared: (who) => t("{author} brought the history back", who),
  readmitted: (who) => t("{author} took {target} back into the room", who),
  role(who, text, raw) {
    if (text === `${raw.target} is the owner now`) return t("{target} is the owner now", who);
    if (text === `${raw.author} made ${raw.target} a moderator`)
      return t("{author} made {target} a moderator", who);
    if (text === `${raw.author} made ${raw.target} a member`)
      return t("{author} made {target} a member", who);
    return text;
  },
};

/**
 * Acts of order: how the stored text begins, in English, and the same in the reader's language. A time
 * and a reason may follow.
 * @type {Record<string, [(raw: {author: string, target: string}) => string, (who: {author: string,
 *   target: string}) => string]>}
 */
const ACTS = {
  cleared: [({ author }) => `${author} cleared the history`, (who) => t("{author} cleared the history", who)],
  killed: [
    ({ author, target }) => `${author} removed ${target} from the room`,
    (who) => t("{author} removed {target} from the room", who),
  ],
  banned: [({ author, target }) => `${author} banned ${target}`, (who) => t("{author} banned {target}", who)],
  unbanned: [
    ({ author, target }) => `${author} lets ${target} come back`,
    (who) => t("{author} lets {target} come back", who),
  ],
  timeout: [
    ({ author, target }) => `${author} timed ${target} out`,
    (who) => t("{author} timed {target} out", who),
  ],
  untimeout: [
    ({ author, target }) => `${author} lets ${target} write again`,
    (who) => t("{author} lets {target} write again", who),
  ],
  locked: [({ author }) => `${author} locked the room`, (who) => t("{author} locked the room", who)],
  unlocked: [({ author }) => `${author} unlocked the room`, (who) => t("{author} unlocked the room", who)],
  archived: [({ author }) => `${author} archived the room`, (who) => t("{author} archived the room", who)],
  ended: [({ author }) => `${author} deleted the room`, (who) => t("{author} deleted the room", who)],
  restored: [({ author }) => `${author} restored the room`, (who) => t("{author} restored the room", who)],
  opened: [
    ({ author }) => `${author} opened the room, as an administrator of the site`,
    (who) => t("{author} opened the room, as an administrator of the site", who),
  ],
  unarchived: [
    ({ author }) => `${author} took the room out of the archive`,
    (who) => t("{author} took the room out of the archive", who),
  ],
};

/**
 * Who may do what from now on: the text is a right, and who has it.
 * @param {{author: string}} who
 * @param {string} text
 */
function describeRight({ author }, text) {
  const [right, names] = text.split(" ");
  const whom =
    {
      members: t("all members"),
      moderators: t("moderators"),
      owners: t("owners alone"),
      usual: t("as is usual"),
    }[names] ?? names;
  const whose = { author, whom };
  if (right === "post") return t("{author} chose who may write: {whom}", whose);
  if (right === "invite") return t("{author} chose who may invite: {whom}", whose);
  if (right === "pin") return t("{author} chose who may pin: {whom}", whose);
  if (right === "mention") return t("{author} chose who may call all: {whom}", whose);
  return t("{author} chose who may set the topic: {whom}", whose);
}

/** @param {string} text @param {string} plain @param {string} shown */
function describeAct(text, plain, shown) {
  if (!text.startsWith(plain)) return text;
  const rest = /^(?: for ([0-9a-z]+))?(?:: (.*))?$/s.exec(text.slice(plain.length));
  if (!rest) return text;
  const [, time, reason] = rest;
  const what = time ? t("{what} for {time}", { what: shown, time: durationInWords(time) }) : shown;
  return reason ? `${what}: ${isolated(reason)}` : what;
}

/**
 * The text of the line. A line of an unknown kind shows its own text.
 * @param {ServiceLine} line
 */
export function describe({ kind, author, target = "", text }) {
  const who = { author: shownName(author), target: shownName(target), what: isolated(text) };
  if (Object.hasOwn(ACTS, kind)) {
    const [plain, shown] = ACTS[kind];
    return describeAct(text, plain({ author, target }), shown(who));
  }
  return Object.hasOwn(WORDS, kind) ? WORDS[kind](who, text, { author, target }) : text;
}
