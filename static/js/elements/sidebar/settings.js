/**
 * The foot of the sidebar and its dialog, on every page: one's own status, and how the page looks. The
 * theme is theme.js's.
 */
import { withBase } from "../../local/address.js";
import { askBeforeSignOut } from "../../accounts/sign_out.js";
import { PageElement } from "../page_element.js";
import { onOpener, openDialog } from "../../dom/dialogs.js";
import { post } from "../../server/http.js";
import { dotOf, statusOf } from "../../state/people.js";
import { NO_CONNECTION } from "../../state/toasts.js";
import { part } from "../../dom/template.js";
import { paintAvatar, setPictures } from "../people/avatar.js";
import { statusText } from "../people/person_card.js";

const LONGEST = 2 ** 31 - 1; // ms that a timer can wait

export class ChatSettings extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {HTMLDialogElement} */ dialog;
  /** @type {HTMLFormElement} */ form;
  /** @type {HTMLElement} */ opener;
  /** @type {ReturnType<typeof setTimeout>|undefined} when the status ends by itself */ #end;

  /** @param {import("../../room.js").Page} page */
  start(page) {
    const { signal } = this.begin();
    this.page = page;
    this.dialog = /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
    this.form = /** @type {HTMLFormElement} */ (this.querySelector(".status-form"));
    this.opener = /** @type {HTMLElement} */ (document.getElementById("me-button"));
    const show = () => {
      this.#fill();
      openDialog(this.dialog, this.opener, { beside: true });
    };
    onOpener("settings", show, signal);
    askBeforeSignOut(signal);
    this.form.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        this.#setStatus();
      },
      { signal },
    );
    // The dialog of keys replaces this one.
    const onKeys = (/** @type {Event} */ event) =>
      /** @type {Element} */ (event.target).closest("[data-keys]") && this.dialog.close();
    this.dialog.addEventListener("click", onKeys, { capture: true, signal });
    this.lifetime.add(() => clearTimeout(this.#end));
    this.#know();
    page.store.watch(["members", "status"], () => this.#show(), signal);
    this.#show();
  }

  /** What the page came with, where no room tells it. */
  #know() {
    const { state } = this.page.store;
    const { name } = state.you;
    const { picture, status = "", text = "", until = "" } = this.opener.dataset;
    setPictures([{ name, picture: Number(picture) }]);
    for (const avatar of [part(this, "avatar"), part(this.opener, "avatar")])
      if (!avatar.querySelector(".picture")) paintAvatar(avatar, name);
    if (!state.members.has(name) && !state.statuses.has(name))
      state.statuses.set(name, { status: /** @type {"away"} */ (status), text, until });
    // Without scripts it leads back to where one is.
    this.opener.setAttribute("href", withBase(`/status?${new URLSearchParams({ next: location.pathname })}`));
  }

  #show() {
    const { state } = this.page.store;
    const { name } = state.you;
    const { status, text, until } = statusOf(state, name);
    clearTimeout(this.#end);
    const left = Date.parse(until) - Date.now();
    if (left < LONGEST) this.#end = setTimeout(() => this.#show(), left + 1);
    const dot = state.connection === "connected" || status ? dotOf(state, name) : "gone";
    for (const avatar of [part(this, "avatar"), part(this.opener, "avatar")]) avatar.dataset.dot = dot;
    const said = statusText(state, name);
    part(this, "state").textContent = text ? `${said} · ${text}` : said;
    part(this.opener, "status").textContent = text || (status ? said : "");
  }

  /** The form says what is so now. */
  #fill() {
    const { state } = this.page.store;
    const { status, text } = statusOf(state, state.you.name);
    for (const radio of this.form.querySelectorAll("[name=status]")) {
      const input = /** @type {HTMLInputElement} */ (radio);
      input.checked = input.value === status;
    }
    /** @type {HTMLInputElement} */ (this.form.elements.namedItem("text")).value = text;
    this.#say("");
  }

  async #setStatus() {
    const { store } = this.page;
    try {
      const answer = await post("/status", new URLSearchParams(/** @type {any} */ (new FormData(this.form))));
      const told = await answer.json();
      if (answer.ok) {
        store.receive({ type: "presence", ...told });
        this.dialog.close();
      } else this.#say(told.error?.text ?? Object.values(told.errors ?? {})[0] ?? NO_CONNECTION);
    } catch {
      this.#say(NO_CONNECTION);
    }
  }

  /** @param {string} text */
  #say(text) {
    /** @type {HTMLElement} */ (this.querySelector(".card-note")).textContent = text;
  }
}
