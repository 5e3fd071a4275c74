/**
 * Pictures of posts: shown in them, and chosen, pasted or dropped into the forms that send them.
 */
import { cloneElement, part } from "../dom/template.js";
import { t } from "../words/texts.js";

/**
 * @typedef {{url: string, width: number, height: number}} Sized
 * @typedef {Sized & {id: number, alt: string, small: Sized}} Picture
 */

const MOST = 4;
const MAX_MEGABYTES = 8;
const TYPES = ["image/jpeg", "image/png", "image/webp"];

/** @param {Picture} picture @param {number} number @param {number} count */
function pictureElement(picture, number, count) {
  const link = /** @type {HTMLAnchorElement} */ (cloneElement("picture"));
  link.href = picture.url;
  if (picture.alt) link.dataset.alt = picture.alt;
  link.toggleAttribute("data-tall", picture.height > picture.width);
  const image = /** @type {HTMLImageElement} */ (link.firstElementChild);
  image.width = picture.width;
  image.height = picture.height;
  image.alt = picture.alt || t("Picture {number} of {count}, not described", { number, count });
  if (picture.small.width < picture.width) {
    image.sizes = count === 1 ? "(min-width: 42rem) 38rem, 95vw" : "(min-width: 42rem) 19rem, 48vw";
    image.srcset = `${picture.small.url} ${picture.small.width}w, ${picture.url} ${picture.width}w`;
  }
  image.src = picture.small.url;
  return link;
}

/** @param {Picture} picture */
function keptElement(picture) {
  const item = cloneElement("kept");
  const image = /** @type {HTMLImageElement} */ (item.querySelector("img"));
  image.width = picture.small.width;
  image.height = picture.small.height;
  image.src = picture.small.url;
  const alt = /** @type {HTMLInputElement} */ (item.querySelector(".alt"));
  alt.name = `alt-${picture.id}`;
  alt.value = picture.alt;
  /** @type {HTMLInputElement} */ (item.querySelector("[name=remove]")).value = String(picture.id);
  return item;
}

/**
 * Shows what a post has now, in it and in its form.
 * @param {HTMLElement} element the post's
 * @param {Picture[]} pictures
 */
export function showPictures(element, pictures) {
  const key = JSON.stringify(pictures);
  const box = part(element, "pictures");
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.dataset.count = String(pictures.length);
  box.hidden = pictures.length === 0;
  box.replaceChildren(
    ...pictures.map((picture, place) => pictureElement(picture, place + 1, pictures.length)),
  );
  const kept = part(element, "kept");
  if (!kept) return;
  kept.hidden = pictures.length === 0;
  kept.replaceChildren(...pictures.map(keptElement));
}

/**
 * Opens the pictures of a post over the page, one after the other. Without it their links lead to
 * them.
 * @param {HTMLElement} page
 */
export function openPictures(page) {
  const dialog = /** @type {HTMLDialogElement|null} */ (document.querySelector("#lightbox"));
  if (!dialog) return;
  /** @type {HTMLAnchorElement[]} */
  let links = [];
  let place = 0;

  /** @param {number} to */
  function show(to) {
    place = (to + links.length) % links.length;
    const link = links[place];
    const image = new Image();
    image.alt = link.querySelector("img")?.alt ?? "";
    image.src = link.href;
    const caption = document.createElement("figcaption");
    caption.textContent = link.dataset.alt ?? "";
    caption.hidden = !caption.textContent;
    part(/** @type {HTMLElement} */ (dialog), "figure").replaceChildren(image, caption);
  }

  page.addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement|null} */ (
      /** @type {Element} */ (event.target).closest(".shot")
    );
    // With a key it opens where the browser says.
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    links = [
      .../** @type {NodeListOf<HTMLAnchorElement>} */ (link.parentElement?.querySelectorAll(".shot") ?? []),
    ];
    for (const name of ["previous", "next"]) part(dialog, name).hidden = links.length < 2;
    show(links.indexOf(link));
    dialog.showModal();
    part(dialog, "close").focus();
  });
  dialog.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (button?.dataset.part === "previous") show(place - 1);
    else if (button?.dataset.part === "next") show(place + 1);
    else if (!(event.target instanceof HTMLImageElement)) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(place - 1);
    if (event.key === "ArrowRight") show(place + 1);
  });
}

/**
 * The chosen files are in the form's field, as without scripts; here they are shown, described and
 * removed.
 */
class Picker {
  /** @param {HTMLFormElement} form @param {(text: string) => void} complain */
  constructor(form, complain) {
    this.form = form;
    this.complain = complain;
    this.list = part(form, "picked");
    this.field = /** @type {HTMLInputElement} */ (form.querySelector("[name=picture]"));
    /** @type {Map<File, HTMLElement>} */
    this.rows = new Map();
    form.dataset.picks = "";
    this.field.addEventListener("change", () => this.add([...(this.field.files ?? [])]));
    form.addEventListener("paste", (event) => {
      const files = picturesIn(event.clipboardData);
      // Words that were copied together with how they look are words.
      if (!files.length || event.clipboardData?.types.includes("text/plain")) return;
      event.preventDefault();
      this.add(files);
    });
    form.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.dataset.dropping = "";
    });
    form.addEventListener("dragleave", (event) => {
      if (!form.contains(/** @type {Node|null} */ (event.relatedTarget))) delete form.dataset.dropping;
    });
    form.addEventListener("drop", (event) => {
      delete form.dataset.dropping;
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.add([...event.dataTransfer.files]);
    });
  }

  /** How many more the post may have. */
  get room() {
    const kept = this.form.querySelectorAll("[name=remove]:not(:checked)").length;
    return MOST - kept - this.rows.size;
  }

  /** @param {File[]} files */
  add(files) {
    this.complain("");
    for (const file of files) {
      if (!TYPES.includes(file.type)) this.complain(t("A picture is a JPEG, PNG or WebP file."));
      else if (file.size > MAX_MEGABYTES * 1024 * 1024)
        this.complain(t("At most {most} MB, please.", { most: MAX_MEGABYTES }));
      else if (this.room < 1) this.complain(t("A post has at most {most} pictures.", { most: MOST }));
      else this.rows.set(file, this.row(file));
    }
    this.list.append(...this.rows.values());
    this.sync();
  }

  /** @param {File} file */
  row(file) {
    const row = cloneElement("picked");
    part(row, "drop").addEventListener("click", () => {
      const next = /** @type {HTMLElement|null} */ (row.nextElementSibling ?? row.previousElementSibling);
      row.remove();
      this.rows.delete(file);
      this.sync();
      (next?.querySelector("button") ?? this.field).focus();
    });
    drawPreview(file, /** @type {HTMLCanvasElement} */ (part(row, "shown")));
    return row;
  }

  /** @param {File[]} files */
  drop(files) {
    for (const file of files) {
      this.rows.get(file)?.remove();
      this.rows.delete(file);
    }
    this.sync();
  }

  sync() {
    const chosen = new DataTransfer();
    for (const file of this.rows.keys()) chosen.items.add(file);
    this.field.files = chosen.files;
    this.list.hidden = this.rows.size === 0;
    [...this.rows.values()].forEach((row, place) => {
      row
        .querySelector(".alt")
        ?.setAttribute("aria-label", t("Description of picture {number}", { number: place + 1 }));
      part(row, "drop").setAttribute("aria-label", t("Remove picture {number}", { number: place + 1 }));
    });
  }
}

/** @param {DataTransfer|null} given */
const picturesIn = (given) => [...(given?.files ?? [])].filter((file) => file.type.startsWith("image/"));

/**
 * Its middle, drawn: a page of ours loads no picture from anywhere but the server.
 * @param {File} file
 * @param {HTMLCanvasElement} canvas
 */
async function drawPreview(file, canvas) {
  try {
    const bitmap = await createImageBitmap(file);
    const side = Math.min(bitmap.width, bitmap.height);
    const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
    canvas.getContext("2d")?.drawImage(bitmap, left, top, side, side, 0, 0, canvas.width, canvas.height);
    bitmap.close();
  } catch {
    // The server says what is wrong with it.
  }
}

/** @type {WeakMap<HTMLFormElement, Picker>} */
const pickers = new WeakMap();

/**
 * @param {HTMLFormElement} form with a field for pictures or without
 * @param {(text: string) => void} complain
 */
export function attachPicker(form, complain) {
  if (part(form, "picker") && !pickers.has(form)) pickers.set(form, new Picker(form, complain));
}

/** @param {HTMLFormElement} form @returns {File[]} */
export const pickedFiles = (form) => [...(pickers.get(form)?.rows.keys() ?? [])];

/** Those that were sent. @param {HTMLFormElement} form @param {File[]} files */
export const dropPicked = (form, files) => pickers.get(form)?.drop(files);

/**
 * The body for a form: with files in parts, as the browser sends them, else as short as can be.
 * @param {HTMLFormElement} form
 */
export function bodyOf(form) {
  const fields = new FormData(form);
  if (fields.getAll("picture").some((file) => file instanceof File && file.size > 0)) return fields;
  fields.delete("picture");
  return new URLSearchParams(/** @type {any} */ (fields));
}
