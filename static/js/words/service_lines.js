/**
 * The service lines of the history in the reader's language, made from kind, author and target.
 * Pure.
 */
import { isolated, shownName } from "./names.js";
import { t } from "./texts.js";

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
  cleared: (who) => t("{author} cleared the history", who),
  topic: (who) =>
    who.what ? t("{author} set the topic: {what}", who) : t("{author} removed the topic", who),
  title: (who) => t("{author} named the room {what}", who),
  name: (who) => t("{author} changed the room’s address to #{what}", who),
  killed(who, text, raw) {
    const plain = `${raw.author} removed ${raw.target} from the room`;
    if (text === plain) return t("{author} removed {target} from the room", who);
    const reason = text.slice(plain.length + 2);
    return text === `${plain}: ${reason}`
      ? t("{author} removed {target} from the room: {reason}", { ...who, reason: isolated(reason) })
      : text;
  },
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
 * The text of the line. A line of an unknown kind shows its own text.
 * @param {ServiceLine} line
 */
export function describe({ kind, author, target = "", text }) {
  const who = { author: shownName(author), target: shownName(target), what: isolated(text) };
  return Object.hasOwn(WORDS, kind) ? WORDS[kind](who, text, { author, target }) : text;
}
