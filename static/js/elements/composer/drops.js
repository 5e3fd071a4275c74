/**
 * Files that are dragged over the page: onto the room they are shared, elsewhere nothing happens. Without
 * this a browser would open them in the place of the chat.
 */
import { t } from "../../words/texts.js";

/** @param {DragEvent} event */
const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files") ?? false;

/** @param {DataTransfer} data @returns {{files: File[], problem: string}} */
function filesIn(data) {
  const items = [...data.items].filter(({ kind }) => kind === "file");
  const isFolder = (/** @type {DataTransferItem} */ item) => item.webkitGetAsEntry?.()?.isDirectory ?? false;
  const folders = items.filter(isFolder);
  const files = items.filter((item) => !folders.includes(item)).flatMap((item) => item.getAsFile() ?? []);
  return { files, problem: folders.length ? t("A folder can’t be shared: choose the files in it.") : "" };
}

/**
 * @param {(files: File[], problem: string) => void} dropped
 * @param {AbortSignal} signal the end of it
 */
export function watchDrops(dropped, signal) {
  const pane = /** @type {HTMLElement} */ (document.getElementById("main"));
  const target = /** @type {HTMLElement} */ (document.getElementById("drop-target"));
  const over = (/** @type {DragEvent} */ event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const isOnPane = pane.contains(/** @type {Node} */ (event.target));
    const isHere = isOnPane && !document.querySelector("dialog[open]");
    target.hidden = !isHere;
    if (event.dataTransfer) event.dataTransfer.dropEffect = isHere ? "copy" : "none";
  };
  const leave = (/** @type {DragEvent} */ { relatedTarget }) => {
    if (!relatedTarget) target.hidden = true;
  };
  const drop = (/** @type {DragEvent} */ event) => {
    if (!hasFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    const isHere = !target.hidden;
    target.hidden = true;
    if (!isHere) return;
    const { files, problem } = filesIn(event.dataTransfer);
    dropped(files, problem);
  };
  document.addEventListener("dragenter", over, { signal });
  document.addEventListener("dragover", over, { signal });
  document.addEventListener("dragleave", leave, { signal });
  document.addEventListener("drop", drop, { signal });
  signal.addEventListener("abort", () => (target.hidden = true));
}
