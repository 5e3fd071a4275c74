/**
 * What was pressed: "j", "?", "Alt+ArrowUp", "Ctrl+k". Command counts as Ctrl. On a keyboard
 * without Latin letters it is the letter that the key has elsewhere.
 * @param {{key: string, code?: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean,
 *   shiftKey?: boolean}} event
 */
export function keyOf({ key, code = "", ctrlKey, metaKey, altKey, shiftKey }) {
  const isLetter = /^Key[A-Z]$/.test(code) && key.length === 1;
  const name =
    isLetter && !/[\x21-\x7e]/.test(key)
      ? code.slice(3).toLowerCase()
      : key.length === 1 && (ctrlKey || metaKey)
        ? key.toLowerCase()
        : key;
  // Shift is a part of the sign that it makes.
  const modifiers = [
    ctrlKey || metaKey ? "Ctrl+" : "",
    altKey ? "Alt+" : "",
    shiftKey && name.length > 1 ? "Shift+" : "",
  ];
  return `${modifiers.join("")}${name}`;
}
