/** The files of the room: a dialog with the newest first, by name and description, kind and person. */
import { openDialog } from "../../dom/dialogs.js";
import { cloneElement, part } from "../../dom/template.js";
import { getJson } from "../../server/http.js";
import { shortTime } from "../../words/dates.js";
import { plainName, shownName } from "../../words/names.js";
import { t } from "../../words/texts.js";
import { listedFiles, pressFile } from "./listed_files.js";

const FILTERS = ["q", "kind", "by"];
const PAUSE = 150; // ms of not typing before the server is asked

/** @typedef {import("../../state/types.js").SharedFile & {message: number, by: string, at: string}} Shared */

export class FilesPane {
  /** @type {Shared[]} */ #files = [];
  /** @type {string|null} */ #cursor = null;
  #more = false;
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #pause;

  /** @param {import("../../room.js").Page} page */
  constructor(page) {
    this.page = page;
    const { signal } = page.lifetime;
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("files"));
    this.dialog.addEventListener("click", (event) => this.#act(event), { signal });
    this.dialog.addEventListener("input", (event) => this.#changed(event), { signal });
    part(this.dialog, "more").addEventListener("click", () => void this.#load(true), { signal });
  }

  /** @param {HTMLElement} anchor */
  open(anchor) {
    if (this.dialog.open) return;
    this.#fillPeople();
    void openDialog(this.dialog, anchor);
    void this.#load();
  }

  /** @param {Event} event */
  #changed({ target }) {
    clearTimeout(this.#pause);
    const isTyped = /** @type {HTMLInputElement} */ (target).name === "q";
    this.#pause = setTimeout(() => void this.#load(), isTyped ? PAUSE : 0);
  }

  /** @param {string} name @returns {HTMLSelectElement|HTMLInputElement} */
  #choice(name) {
    return /** @type {HTMLSelectElement|HTMLInputElement} */ (this.dialog.querySelector(`[name="${name}"]`));
  }

  /** Members, and whoever has written what is on the page. */
  #fillPeople() {
    const { members, lines, you } = this.page.store.state;
    const authors = lines.flatMap(({ number, author }) => (number ? author : []));
    const others = new Set([...members.keys(), ...authors]);
    others.delete(you.name);
    const names = [...others].sort((a, b) => plainName(a).localeCompare(plainName(b)));
    const select = this.#choice("by");
    const { value } = select;
    const first = [
      ["", t("Everybody")],
      [you.name, t("You")],
    ];
    const options = [...first, ...names.map((name) => [name, plainName(name)])];
    select.replaceChildren(
      ...options.map(([name, label]) => new Option(label, name, false, name === value)),
    );
  }

  async #load(isMore = false) {
    const turn = (this.#turn += 1);
    const asked = new URLSearchParams();
    for (const name of FILTERS) {
      const value = this.#choice(name).value.trim();
      if (value) asked.set(name, value);
    }
    if (isMore && this.#cursor) asked.set("before", this.#cursor);
    if (!isMore) this.#note(t("Loading…"));
    try {
      const { files, more, cursor } = await getJson(`${this.page.history.base}/files?${asked}`);
      if (turn !== this.#turn) return;
      const first = isMore ? this.#files.length : 0;
      this.#files = isMore ? [...this.#files, ...files] : files;
      this.#cursor = cursor;
      this.#more = more;
      this.#show(first);
    } catch {
      if (turn === this.#turn) this.#note(t("The files couldn’t be loaded."));
    }
  }

  /** @param {string} text */
  #note(text) {
    const note = part(this.dialog, "note");
    note.textContent = text;
    note.hidden = !text;
  }

  /** @param {number} first of those that are new */
  #show(first) {
    const list = part(this.dialog, "list");
    const isChosen = FILTERS.some((name) => this.#choice(name).value.trim());
    const none = isChosen
      ? t("No such files have been shared here.")
      : t("No files have been shared here yet.");
    const soFar = t("Nothing so far: many files were looked through.");
    this.#note(this.#files.length ? "" : this.#more ? soFar : none);
    const made = this.#files.slice(first).map((file) => this.#item(file));
    if (first) list.append(...made);
    else list.replaceChildren(...made);
    const more = part(this.dialog, "more");
    const hadFocus = more === document.activeElement;
    more.hidden = !this.#more;
    if (hadFocus) /** @type {HTMLElement|null} */ (made[0]?.querySelector("a, button"))?.focus();
  }

  /** @param {Shared} file */
  #item(file) {
    const item = cloneElement("shared-file");
    item.prepend(listedFiles([file]));
    part(item, "by").textContent = shownName(file.by);
    part(item, "at").textContent = shortTime(file.at);
    const jump = part(item, "jump");
    jump.setAttribute("href", `${this.page.history.base}/${file.message}`);
    jump.dataset.number = String(file.message);
    return item;
  }

  /** @param {MouseEvent} event */
  #act(event) {
    const button = /** @type {HTMLElement|null} */ (
      /** @type {HTMLElement} */ (event.target).closest("[data-do]")
    );
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (pressFile(event, button, this.#files, this.page.store)) return;
    event.preventDefault();
    this.dialog.close("");
    void this.page.timeline.goTo(Number(button.dataset.number));
  }
}
