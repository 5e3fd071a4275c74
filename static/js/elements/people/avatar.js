/**
 * Avatars: the initial of what somebody is called in the colour of the handle, the same everywhere,
 * and the picture over it once it is loaded.
 */

import { withBase } from "../../local/address.js";
import { DELETED, plainName } from "../../words/names.js";

const HUES = 12; // as many as css/switcher.css has

/** The versions of people's pictures, by their names. @type {Map<string, number>} */
const pictures = new Map();

/**
 * The version to ask for of all others: they may have a picture elsewhere. Empty where they can't.
 */
let ofOthers = "";

/** What each node shows. @type {WeakMap<HTMLElement, string>} */
const painted = new WeakMap();

/**
 * Sets who has a picture. Avatars that are painted already stay as they are.
 * @param {Iterable<{name: string, picture?: number}>} people
 */
export function setPictures(people) {
  for (const { name, picture } of people) if (picture) pictures.set(name, picture);
}

/**
 * Requests pictures for people without one as well: the server finds them at Gravatar, or draws the
 * initial.
 */
export function requestAllPictures() {
  ofOthers = "0";
}

/** @param {HTMLElement} node @param {string} name */
export function paintAvatar(node, name) {
  const version = String(pictures.get(name) ?? ofOthers);
  const [initial = "?"] = plainName(name).replace("\u2068", "");
  const wanted = `${version} ${name} ${initial}`;
  if (painted.get(node) === wanted) return;
  painted.set(node, wanted);
  let hash = 0;
  for (const char of name.toLowerCase())
    hash = (hash * 31 + /** @type {number} */ (char.codePointAt(0))) >>> 0;
  // Mixed, since names that differ in their last letter only would else be neighbours.
  node.dataset.hue = String((Math.imul(hash, 2654435761) >>> 16) % HUES);
  node.textContent = initial.toUpperCase();
  if (version && name !== DELETED) node.append(picture(node, name, version));
}

/** @param {HTMLElement} node @param {string} name @param {string} version */
function picture(node, name, version) {
  const image = document.createElement("img");
  image.alt = "";
  image.loading = "lazy";
  image.addEventListener("load", () => image.classList.add("loaded"));
  image.addEventListener("error", () => image.remove());
  const size = node.classList.contains("large") ? 128 : 64;
  image.src = withBase(`/users/${encodeURIComponent(name)}/picture?size=${size}&v=${version}`);
  return image;
}
