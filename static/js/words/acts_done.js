/** What commands of order have done, in a few words, for the one who gave them. Pure. */
import { shownName } from "./names.js";
import { t } from "./texts.js";

/** @type {Record<string, (name: string) => string>} by command and alias */
const DONE = {
  kick: (name) => t("{name} was removed.", { name }),
  ban: (name) => t("{name} was removed and is kept out.", { name }),
  unban: (name) => t("{name} may come back.", { name }),
  timeout: (name) => t("{name} can only read for now.", { name }),
  untimeout: (name) => t("{name} can write again.", { name }),
  purge: (name) => t("Messages of {name} were deleted.", { name }),
  delete: () => t("Messages deleted."),
  raid: () => t("What new accounts wrote was deleted, and what they write is held."),
  clear: () => t("The history was cleared."),
  undo: () => t("Undone."),
};
/** @type {Record<string, string>} */
const ALIASES = { kill: "kick", mute: "timeout", unmute: "untimeout" };

/** @param {string[]} commands as they were typed */
export function doneText(commands) {
  const said = commands.map((command) => {
    const [, word, handle = ""] = /^\/(\S+)(?:\s+@?(\S+))?/.exec(command) ?? ["", "", ""];
    const name = word.toLowerCase();
    return DONE[ALIASES[name] ?? name]?.(shownName(handle)) ?? t("Done.");
  });
  return said.join(" ");
}
