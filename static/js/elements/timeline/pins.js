/**
 * The pinned posts of the room: a dialog that follows what is pinned and unpinned while it is open.
 */
import { shortTime } from "../../words/dates.js";
import { openDialog } from "../../dom/dialogs.js";
import { shownName } from "../../words/names.js";
import { getJson } from "../../server/http.js";
import { amended } from "../../state/overlay.js";
import { cloneElement, part } from "../../dom/template.js";
import { t } from "../../words/texts.js";
import { listedFiles, pressFile } from "../files/listed_files.js";
import { fillText } from "./message.js";

/** The list is requested again when posts changed while it was loading, at most so many times. */
const TRIES = 3;

export class Pins {
  #failed = false;

  /** @param {import("../../room.js").Page} page */
  constructor(page) {
    this.page = page;
    const { signal } = page.lifetime;
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("pins"));
    this.dialog.addEventListener("click", (event) => this.#act(event), { signal });
    page.store.watch(["pins", "room"], () => this.dialog.open && this.#show(), signal);
  }

  /** @param {HTMLElement} anchor */
  open(anchor) {
    if (this.dialog.open) return;
    this.#show();
    openDialog(this.dialog, anchor);
    this.#load();
  }

  async #load() {
    const { store, history } = this.page;
    try {
      for (let tries = 0, seq = -1; tries < TRIES && seq !== store.state.lastSeq; tries += 1) {
        seq = store.state.lastSeq;
        const { messages } = await getJson(`${history.base}/pins`);
        this.#failed = false;
        store.dispatch({ type: "pins", messages });
      }
    } catch {
      this.#failed = true;
      this.#show();
    }
  }

  #show() {
    const { state } = this.page.store;
    const pins = (state.pins ?? [])
      .map((pin) => amended(state, pin))
      .filter((pin) => pin.pinned && !pin.deleted);
    const mayPin = state.may.includes("pin");
    const note = part(this.dialog, "note");
    note.hidden = pins.length > 0;
    const none = mayPin
      ? t("Nothing is pinned. Pin what everyone should find again: it is in the menu of a message.")
      : t("Nothing is pinned.");
    note.textContent = this.#failed
      ? t("The pinned messages couldn’t be loaded.")
      : state.pins
        ? none
        : t("Loading…");
    const focused = document.activeElement?.closest(".pinned [data-do]");
    part(this.dialog, "list").replaceChildren(
      ...pins.map((pin) => {
        const item = cloneElement("pinned");
        item.dataset.number = String(pin.number);
        part(item, "author").textContent = shownName(pin.author);
        part(item, "time").textContent = shortTime(pin.at);
        fillText(part(item, "text"), pin);
        if (pin.files) part(item, "text").after(listedFiles(pin.files));
        part(item, "jump").setAttribute("href", `${this.page.history.base}/${pin.number}`);
        part(item, "unpin").hidden = !mayPin;
        return item;
      }),
    );
    if (!focused) return;
    const { number } = /** @type {HTMLElement} */ (focused.closest("li")).dataset;
    const again = this.dialog.querySelector(
      `[data-number="${number}"] [data-do="${/** @type {HTMLElement} */ (focused).dataset.do}"]`,
    );
    /** @type {HTMLElement} */ (again ?? this.dialog.querySelector("[data-close]")).focus();
  }

  /** @param {MouseEvent} event */
  #act(event) {
    const button = /** @type {HTMLElement|null} */ (
      /** @type {HTMLElement} */ (event.target).closest("[data-do]")
    );
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const files = (this.page.store.state.pins ?? []).flatMap((pin) => (pin.deleted ? [] : (pin.files ?? [])));
    if (pressFile(event, button, files, this.page.store)) return;
    const number = Number(/** @type {HTMLElement} */ (button.closest("li")).dataset.number);
    if (button.dataset.do === "unpin") {
      this.page.amendments.request({ type: "pin", number, on: false });
    } else {
      event.preventDefault();
      this.dialog.close("");
      this.page.timeline.goTo(number);
    }
  }
}
