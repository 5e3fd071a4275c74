/** Who types, in words. */
import { t } from "./texts.js";

/** @param {string[]} names in the order in which they began */
export function typingText(names) {
  if (names.length === 0) return "";
  if (names.length === 1) return t("{name} is typing…", { name: names[0] });
  if (names.length === 2) return t("{name} and {other} are typing…", { name: names[0], other: names[1] });
  return t("Several people are typing…");
}
