/** Pictures over the page, one after the other: by arrows, and to be saved or opened by themselves. */
import { openDialog } from "../../dom/dialogs.js";
import { part } from "../../dom/template.js";
import { sizeInWords } from "../../words/files.js";
import { sourcesOf } from "../../words/picture_sizes.js";
import { t } from "../../words/texts.js";

/** @typedef {import("../../state/types.js").SharedFile} SharedFile */

/** rem above and below a picture. */
const AROUND = 8;

class Lightbox {
  /** @type {SharedFile[]} */ #pictures = [];
  #place = 0;

  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("lightbox"));
    part(this.dialog, "previous").addEventListener("click", () => this.#show(this.#place - 1));
    part(this.dialog, "next").addEventListener("click", () => this.#show(this.#place + 1));
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("click", ({ target }) => {
      if (target === this.dialog || target === part(this.dialog, "figure")) this.dialog.close("");
    });
  }

  /** @param {SharedFile[]} pictures @param {string} id of the first that is shown */
  open(pictures, id) {
    if (this.dialog.open) return;
    this.#pictures = pictures;
    const place = pictures.findIndex((one) => one.id === id);
    if (place < 0) return;
    for (const name of ["previous", "next"]) part(this.dialog, name).hidden = pictures.length < 2;
    void openDialog(this.dialog).then(() => part(this.dialog, "image").removeAttribute("srcset"));
    this.#show(place);
    part(this.dialog, "close").focus();
  }

  /** @param {number} place */
  #show(place) {
    this.#place = Math.min(Math.max(place, 0), this.#pictures.length - 1);
    const file = this.#pictures[this.#place];
    const { url, name, size, description } = file;
    const [width, height] = [file.width ?? 1, file.height ?? 1];
    const image = /** @type {HTMLImageElement} */ (part(this.dialog, "image"));
    // One that is to come isn't shown by the one before.
    image.removeAttribute("src");
    image.style.width = `min(100%, ${width}px, (100dvh - ${AROUND}rem) * ${width / height})`;
    image.style.aspectRatio = `${width} / ${height}`;
    const { srcset } = sourcesOf(file, true);
    const isDrawn = width > 320;
    image.sizes = `min(100vw, ${width}px)`;
    image.srcset = isDrawn ? `${srcset}, ${url} ${width}w` : `${url} ${width}w`;
    image.src = url;
    image.alt = description || t("Picture {name}, not described", { name });
    part(this.dialog, "caption").textContent = description;
    part(this.dialog, "name").textContent = name;
    part(this.dialog, "size").textContent = sizeInWords(size);
    part(this.dialog, "count").textContent =
      this.#pictures.length > 1
        ? t("{number} of {count}", { number: this.#place + 1, count: this.#pictures.length })
        : "";
    for (const link of ["download", "original"]) part(this.dialog, link).setAttribute("href", url);
    /** @type {HTMLButtonElement} */ (part(this.dialog, "previous")).disabled = this.#place === 0;
    const isLast = this.#place === this.#pictures.length - 1;
    /** @type {HTMLButtonElement} */ (part(this.dialog, "next")).disabled = isLast;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isRtl = getComputedStyle(this.dialog).direction === "rtl";
    const [back, on] = isRtl ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
    /** @type {Record<string, () => void>} */
    const keys = {
      [back]: () => this.#show(this.#place - 1),
      [on]: () => this.#show(this.#place + 1),
      Home: () => this.#show(0),
      End: () => this.#show(this.#pictures.length - 1),
      KeyD: () => part(this.dialog, "download").click(),
      KeyO: () => part(this.dialog, "original").click(),
    };
    const act = keys[event.key] ?? keys[event.code];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

/** @type {Lightbox|null} */
let lightbox = null;

/** @param {SharedFile[]} pictures @param {string} id of the first that is shown */
export function openLightbox(pictures, id) {
  if (!lightbox?.dialog.isConnected) lightbox = new Lightbox();
  lightbox.open(pictures, id);
}
