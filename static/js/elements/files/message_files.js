/** The files of a message, with the markup of templates/chat/room/files.html; and those on their way. */
import { cloneElement, part } from "../../dom/template.js";
import { drawVideos } from "../../dom/video_posters.js";
import { kindOf, sizeInWords } from "../../words/files.js";
import { shownSize, sourcesOf } from "../../words/picture_sizes.js";
import { n, t } from "../../words/texts.js";

/** @typedef {import("../../state/types.js").SharedFile} SharedFile */
/** @typedef {import("../../state/types.js").OutgoingFile} OutgoingFile */

/** @param {SharedFile} file @param {boolean} isAlone */
function pictureNode(file, isAlone) {
  const link = /** @type {HTMLAnchorElement} */ (cloneElement("picture"));
  link.setAttribute("href", file.url);
  link.dataset.file = file.id;
  const image = /** @type {HTMLImageElement} */ (link.firstElementChild);
  const { src, srcset, sizes } = sourcesOf(file, isAlone);
  Object.assign(image, { ...shownSize(file), sizes, srcset });
  image.alt = file.description || t("Picture {name}, not described", { name: file.name });
  image.src = src;
  return link;
}

/** @param {HTMLElement} node @param {{name: string, size: number, url?: string}} file */
function fillLink(node, { name, size, url = "" }) {
  part(node, "file-link").setAttribute("href", url);
  part(node, "file-name").textContent = name;
  part(node, "file-size").textContent = sizeInWords(size);
}

/** @param {SharedFile} file */
function fileNode(file) {
  const kind = kindOf(file);
  const isMedia = kind === "video" || kind === "sound";
  const node = cloneElement(isMedia ? kind : "file-card");
  node.dataset.file = file.id;
  fillLink(node, file);
  if (isMedia) {
    const media = /** @type {HTMLVideoElement} */ (part(node, "media"));
    media.setAttribute("aria-label", file.description || file.name);
    if (kind === "video") Object.assign(media, shownSize(file));
    media.src = file.url;
    return node;
  }
  if (file.thumbnail) {
    const page = /** @type {HTMLImageElement} */ (cloneElement("file-page"));
    Object.assign(page, { ...shownSize(file), src: file.thumbnail });
    node.prepend(page);
  }
  if (kind === "text") node.append(cloneElement("unfold-file"));
  return node;
}

/** @param {SharedFile[]} files */
export function filesNode(files) {
  const box = cloneElement("files");
  const pictures = files.filter((file) => kindOf(file) === "picture");
  if (pictures.length) {
    const grid = cloneElement("pictures");
    grid.dataset.count = String(pictures.length);
    grid.append(...pictures.map((file) => pictureNode(file, pictures.length === 1)));
    box.append(grid);
  }
  box.append(...files.filter((file) => !pictures.includes(file)).map(fileNode));
  drawVideos(box);
  return box;
}

/** How far they are, in all. @param {OutgoingFile[]} files */
function progressOf(files) {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const sent = files.reduce((sum, file) => sum + (file.state === "ready" ? file.size : (file.sent ?? 0)), 0);
  return size ? sent / size : 1;
}

/** @param {HTMLElement} box @param {OutgoingFile[]} files @param {string} stage */
function fillOutgoing(box, files, stage) {
  const list = part(box, "names");
  const names = files.map(({ name }) => name).join("\n");
  if (list.dataset.names !== names) {
    list.dataset.names = names;
    list.replaceChildren(
      ...files.map((file) => {
        const item = cloneElement("outgoing-name");
        part(item, "name").textContent = file.name;
        part(item, "size").textContent = sizeInWords(file.size);
        return item;
      }),
    );
  }
  const isUnderWay = stage === "waiting" && files.some(({ state }) => state !== "ready");
  const progress = /** @type {HTMLProgressElement} */ (part(box, "progress"));
  progress.hidden = part(box, "cancel").hidden = !isUnderWay;
  progress.value = progressOf(files);
  progress.setAttribute("aria-label", n("Sending {count} file", "Sending {count} files", files.length));
}

/** What each message shows. @type {WeakMap<HTMLElement, string>} */
const filled = new WeakMap();

/**
 * @param {HTMLElement} row
 * @param {any} line a Line or a Pending
 */
export function fillFiles(row, line) {
  const files = line.deleted ? [] : (line.files ?? []);
  const isOutgoing = Boolean(line.batch);
  const key = isOutgoing ? line.batch : JSON.stringify(files);
  const before = /** @type {HTMLElement|null} */ (row.querySelector(".files"));
  if (!files.length) {
    before?.remove();
    filled.delete(row);
    return;
  }
  if (filled.get(row) !== key || !before) {
    // What the server has made is this already.
    const isServed = before && !filled.has(row) && !isOutgoing;
    filled.set(row, key);
    if (isServed) {
      drawVideos(before);
      return;
    }
    const made = isOutgoing ? cloneElement("outgoing") : filesNode(files);
    if (before) before.replaceWith(made);
    else (part(row, "text") ?? row).after(made);
  }
  if (isOutgoing) fillOutgoing(/** @type {HTMLElement} */ (row.querySelector(".files")), files, line.stage);
}
