/** The coloured initial that stands for a person: the same name has the same colour everywhere. */

const HUES = 12; // as many as css/timeline.css has

/** @param {HTMLElement} node @param {string} name */
export function paintAvatar(node, name) {
  let hash = 0;
  for (const char of name.toLowerCase()) hash = (hash * 31 + /** @type {number} */ (char.codePointAt(0))) >>> 0;
  // Mixed, since names that differ in their last letter only would else be neighbours.
  node.dataset.hue = String((Math.imul(hash, 2654435761) >>> 16) % HUES);
  node.textContent = [...name][0]?.toUpperCase() ?? "?";
}
