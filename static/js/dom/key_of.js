/** @typedef {{key: string, code?: string, shiftKey?: boolean}} Pressed */

const PRINTABLE = /^[\x21-\x7e]$/;
const LATIN = /^\p{Script=Latin}$/u;

/**
 * What a key has where letters are Latin, by its place: alone, and with Shift.
 * @type {Record<string, string>}
 */
const SIGNS = { Slash: "/?", Semicolon: ";:", Comma: ",<", Period: ".>", Quote: `'"`, Backslash: "\\|" };

/**
 * The sign that was typed, or on a keyboard without Latin letters the one that the key has elsewhere.
 * Letters are small where they come from there.
 * @param {Pressed} event
 * @returns {string} the name of the key where it is no sign
 */
export function latinKey({ key, code = "", shiftKey = false }) {
  // The Turkish keyboard has two; this one is where others have theirs.
  if (key === "ı" || key === "İ") return "i";
  // Cyrillic and Hebrew keyboards have these two where others have the slash.
  if (code === "Slash" && key === (shiftKey ? "," : ".")) return shiftKey ? "?" : "/";
  if (PRINTABLE.test(key) || LATIN.test(key)) return key;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  const place = letter?.toLowerCase() ?? SIGNS[code]?.[shiftKey ? 1 : 0];
  // A key may write two letters (Arabic), or none yet: what it begins or an input method takes it.
  const isSign = [...key].length <= 3 && !/^[ -~]*$/.test(key);
  return place && (isSign || ["", "Dead", "Unidentified"].includes(key)) ? place : key;
}

/**
 * What was pressed: "j", "?", "Alt+ArrowUp", "Ctrl+k". Command counts as Ctrl. On a keyboard
 * without Latin letters it is the letter that the key has elsewhere.
 * @param {Pressed & {ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event
 */
export function keyOf(event) {
  const { ctrlKey, metaKey, altKey, shiftKey } = event;
  const key = latinKey(event);
  const name = key.length === 1 && (ctrlKey || metaKey) ? key.toLowerCase() : key;
  // Shift is a part of the sign that it makes.
  const modifiers = [
    ctrlKey || metaKey ? "Ctrl+" : "",
    altKey ? "Alt+" : "",
    shiftKey && name.length > 1 ? "Shift+" : "",
  ];
  return `${modifiers.join("")}${name}`;
}
