/** Files in lists beside the timeline: what is pinned, and all files of the room. */
import { kindOf } from "../../words/files.js";
import { withLoaded } from "../page/loading.js";
import { toggleFilePreview } from "./file_preview.js";
import { openLightbox } from "./lightbox.js";
import { filesNode } from "./message_files.js";

/** @typedef {import("../../state/types.js").SharedFile} SharedFile */

/** In a list Tab goes to each. @param {SharedFile[]} files */
export function listedFiles(files) {
  const box = filesNode(files);
  for (const one of box.querySelectorAll("[tabindex]")) one.removeAttribute("tabindex");
  return box;
}

/**
 * @param {Event} event
 * @param {HTMLElement} button what was pressed
 * @param {SharedFile[]} files of the list
 * @param {import("../../state/store.js").Store} store
 * @returns {boolean} whether it was a file's
 */
export function pressFile(event, button, files, store) {
  const { do: what, file } = button.dataset;
  if (what === "picture") {
    const pictures = files.filter((one) => kindOf(one) === "picture");
    openLightbox(pictures, file ?? "");
  } else if (what === "unfold-file") {
    void withLoaded(store, () => toggleFilePreview(button));
  } else return false;
  event.preventDefault();
  return true;
}
