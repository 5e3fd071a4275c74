/** Who types, in words. */
import { shownName } from "./names.js";
import { t } from "./texts.js";

/** @param {string[]} handles in the order in which they began */
export function typingText(handles) {
  const names = handles.slice(0, 2).map(shownName);
  if (handles.length > 2) return t("Several people are typing…");
  if (names.length === 0) return "";
  if (names.length === 1) return t("{name} is typing…", { name: names[0] });
  return t("{name} and {other} are typing…", { name: names[0], other: names[1] });
}
