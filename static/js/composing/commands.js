/** Whether a text is a command, and which. Pure. */

/**
 * Whether it is a command. A text that begins with `//` is a post that begins with a slash.
 * @param {string} text
 */
export const isCommand = (text) => /^\/(?!\/)/.test(text);

/**
 * The command whose arguments are being typed.
 * @param {string} text
 * @param {import("../state/types.js").Command[]} commands
 */
export function commandOf(text, commands) {
  const name = /^\/([\w-]+)\s/.exec(text)?.[1].toLowerCase();
  return name === undefined
    ? undefined
    : commands.find((command) => command.name === name || command.aliases?.includes(name));
}
