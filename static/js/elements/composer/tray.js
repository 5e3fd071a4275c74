/** The pieces above the box: each file with its picture, its description, how far it is, what is wrong. */
import { cloneElement, part } from "../../dom/template.js";
import { sizeInWords } from "../../words/files.js";
import { t } from "../../words/texts.js";

/** @typedef {import("../../state/types.js").OutgoingFile} OutgoingFile */

/**
 * @typedef {object} Acts
 * @property {(key: string, description: string) => void} describe
 * @property {(key: string) => void} remove
 * @property {(key: string) => void} retry
 * @property {(file: OutgoingFile) => Promise<Blob|null>} blobOf
 */

/** px of a thumbnail. */
const SIDE = 96;

/**
 * Its middle. The page's policy lets in no pictures but the server's, so it is drawn.
 * @param {Blob|HTMLImageElement} source
 * @param {HTMLCanvasElement} canvas
 */
export async function draw(source, canvas) {
  const bitmap = await createImageBitmap(source);
  const side = Math.min(bitmap.width, bitmap.height);
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
  canvas.getContext("2d")?.drawImage(bitmap, left, top, side, side, 0, 0, SIDE, SIDE);
  bitmap.close();
}

/** @param {OutgoingFile} file */
function stateInWords({ state, sent = 0, size, reason = "" }) {
  if (state === "refused") return reason;
  if (state === "looking") return t("Being looked at…");
  if (state === "ready") return "";
  if (state === "stalled" || !navigator.onLine) return t("Waiting for the network");
  if (state === "waiting") return t("Waiting");
  return t("{percent} %", { percent: size ? Math.floor((100 * sent) / size) : 100 });
}

export class Tray {
  /** @type {Map<string, HTMLElement>} */ #pieces = new Map();

  /** @param {HTMLElement} list @param {Acts} acts */
  constructor(list, acts) {
    this.list = list;
    this.acts = acts;
  }

  /** @param {OutgoingFile[]} files */
  show(files) {
    for (const [key, piece] of this.#pieces) {
      if (files.some((file) => file.key === key)) continue;
      const next = /** @type {HTMLElement|null} */ (piece.nextElementSibling ?? piece.previousElementSibling);
      if (piece.contains(document.activeElement) && next) part(next, "remove").focus();
      piece.remove();
      this.#pieces.delete(key);
    }
    for (const file of files) {
      let piece = this.#pieces.get(file.key);
      if (!piece) {
        piece = this.#make(file);
        this.#pieces.set(file.key, piece);
        this.list.append(piece);
      }
      this.#fill(piece, file);
    }
    this.list.hidden = files.length === 0;
  }

  /** @param {OutgoingFile} file */
  #make(file) {
    const { key, name, size, type, description } = file;
    const piece = cloneElement("attachment");
    part(piece, "name").textContent = name;
    part(piece, "size").textContent = sizeInWords(size);
    part(piece, "remove-text").textContent = t("Remove {name}", { name });
    part(piece, "remove").title = t("Remove {name}", { name });
    part(piece, "remove").addEventListener("click", () => this.acts.remove(key));
    part(piece, "retry").setAttribute("aria-label", t("Try {name} again", { name }));
    part(piece, "retry").addEventListener("click", () => this.acts.retry(key));
    part(piece, "progress").setAttribute("aria-label", t("Sending {name}", { name }));
    const field = /** @type {HTMLInputElement} */ (part(piece, "description"));
    field.hidden = !/^(?:image|video|audio)\//.test(type);
    field.value = description;
    field.placeholder = t("Describe it for those who can’t see it");
    field.setAttribute("aria-label", t("Description of {name}", { name }));
    field.addEventListener("input", () => this.acts.describe(key, field.value));
    if (type.startsWith("image/")) void this.#picture(piece, file);
    return piece;
  }

  /** @param {HTMLElement} piece @param {OutgoingFile} file */
  async #picture(piece, file) {
    try {
      const blob = await this.acts.blobOf(file);
      if (!blob) return;
      await draw(blob, /** @type {HTMLCanvasElement} */ (part(piece, "picture")));
      part(piece, "picture").hidden = false;
      part(piece, "sign").hidden = true;
    } catch {
      // A browser that can't draw it shows the sign.
    }
  }

  /** @param {HTMLElement} piece @param {OutgoingFile} file */
  #fill(piece, file) {
    const { state, sent = 0, size } = file;
    const isRefused = state === "refused" && piece.dataset.state !== state;
    piece.dataset.state = state;
    const progress = /** @type {HTMLProgressElement} */ (part(piece, "progress"));
    progress.hidden = state === "ready" || state === "refused";
    progress.value = size ? sent / size : 0;
    const words = part(piece, "state");
    const said = stateInWords(file);
    if (words.textContent !== said) words.textContent = said;
    // Percents aren't for reading out one by one.
    words.setAttribute("aria-live", state === "sending" ? "off" : "polite");
    const retry = part(piece, "retry");
    if (state !== "refused" && retry === document.activeElement) part(piece, "remove").focus();
    retry.hidden = state !== "refused";
    if (isRefused) piece.scrollIntoView({ block: "nearest" });
  }
}
