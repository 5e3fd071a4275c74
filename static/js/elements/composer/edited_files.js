/** The files of the message whose text is in the box to be edited: what can be seen in each. */
import { cloneElement, part } from "../../dom/template.js";
import { kindOf, sizeInWords } from "../../words/files.js";
import { t } from "../../words/texts.js";
import { draw } from "./tray.js";

/** @typedef {import("../../state/types.js").SharedFile} SharedFile */
/** @typedef {import("../../state/types.js").Described} Described */

const SPOKEN = ["picture", "video", "sound"];

export class EditedFiles {
  /** @type {number|null} */ #number = null;
  /** @type {{file: SharedFile, field: HTMLInputElement, piece: HTMLElement}[]} */ #files = [];

  /**
   * @param {HTMLElement} before the list of those that are to be sent
   * @param {{leave: () => void, typed: (number: number, files: Described[]) => void}} acts `typed`: what is
   *   said of the files of this message so far
   */
  constructor(before, { leave, typed }) {
    this.list = document.createElement("ul");
    this.list.className = "attachments";
    this.list.id = "edited-files";
    this.list.setAttribute("aria-label", t("Files of the message"));
    this.list.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      leave();
    });
    this.list.addEventListener("input", () => {
      if (this.#number !== null) typed(this.#number, this.of(this.#number));
    });
    before.before(this.list);
  }

  /**
   * @param {number|null} number of the message, null for none
   * @param {SharedFile[]} files
   * @param {Described[]} typed what was typed before, and isn't saved
   */
  show(number, files, typed) {
    if (number === this.#number) return;
    this.#number = number;
    this.#files = files.map((file) => {
      const given = typed.find(({ id }) => id === file.id)?.description;
      const piece = this.#make(file);
      const field = /** @type {HTMLInputElement} */ (part(piece, "description"));
      field.value = given ?? file.description;
      return { file, field, piece };
    });
    this.list.replaceChildren(...this.#files.map(({ piece }) => piece));
    this.list.hidden = !this.#files.length;
  }

  /** @param {SharedFile} file */
  #make(file) {
    const { name, size, thumbnail } = file;
    const piece = cloneElement("attachment");
    part(piece, "name").textContent = name;
    part(piece, "size").textContent = sizeInWords(size);
    part(piece, "remove").remove();
    const field = /** @type {HTMLInputElement} */ (part(piece, "description"));
    field.hidden = !SPOKEN.includes(kindOf(file));
    field.placeholder = t("Describe it for those who can’t see it");
    field.setAttribute("aria-label", t("Description of {name}", { name }));
    if (thumbnail) void this.#picture(piece, thumbnail);
    return piece;
  }

  /** @param {HTMLElement} piece @param {string} address */
  async #picture(piece, address) {
    try {
      const image = new Image();
      image.src = address;
      await image.decode();
      await draw(image, /** @type {HTMLCanvasElement} */ (part(piece, "picture")));
      part(piece, "picture").hidden = false;
      part(piece, "sign").hidden = true;
    } catch {
      // The sign stays.
    }
  }

  /** What is said of each file of this message. @param {number} number @returns {Described[]} */
  of(number) {
    if (number !== this.#number) return [];
    return this.#files.map(({ file: { id }, field }) => ({ id, description: field.value.trim() }));
  }
}
