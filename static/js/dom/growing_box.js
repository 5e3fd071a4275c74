/**
 * Makes a box as high as its text; css sets the limit.
 * @param {HTMLTextAreaElement} box
 * @param {HTMLElement} holder held while the box is measured: what is beside it must not grow for that
 *   moment, or it would lose its place
 */
export function growToText(box, holder) {
  if (box.hidden) return;
  holder.style.height = `${holder.offsetHeight}px`;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
  holder.style.height = "";
}
