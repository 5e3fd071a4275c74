/**
 * The foot of the sidebar and its dialog: one's own status, and how the page looks. The theme is
 * theme.js's.
 */
import { askBeforeSignOut } from "../../accounts/sign_out.js";
import { PageElement } from "../page_element.js";
import { onOpener, openDialog } from "../../dom/dialogs.js";
import { makeNonce } from "../../server/nonce.js";
import { dotOf, statusOf } from "../../state/people.js";
import { QUIET_PREFIX } from "../../state/reducers.js";
import { NO_CONNECTION } from "../../state/toasts.js";
import { statusCommand } from "../../words/status_command.js";
import { part } from "../../dom/template.js";
import { paintAvatar } from "../people/avatar.js";
import { statusText } from "../people/person_card.js";

/** The history is loaded anew, by the server's cookie. @param {boolean} on */
function showPast(on) {
  document.cookie = `past=${Number(on)}; path=/; max-age=${on ? 31536000 : 0}; samesite=lax`;
  location.reload();
}

export class ChatSettings extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {HTMLDialogElement} */ dialog;
  /** @type {HTMLFormElement} */ form;
  /** @type {HTMLElement} */ opener;

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
    const past = /** @type {HTMLInputElement} */ (this.querySelector("[data-past]"));
    past.checked = page.store.state.past;
    past.addEventListener("change", () => showPast(past.checked), { signal });
    const { you } = page.store.state;
    for (const avatar of [part(this, "avatar"), part(this.opener, "avatar")]) paintAvatar(avatar, you.name);
    page.store.watch(["members", "status"], () => this.#show(), signal);
    this.#show();
  }

  #show() {
    const { state } = this.page.store;
    const { name } = state.you;
    const { text } = statusOf(state, name);
    const dot = state.connection === "connected" ? dotOf(state, name) : "gone";
    for (const avatar of [part(this, "avatar"), part(this.opener, "avatar")]) avatar.dataset.dot = dot;
    const said = statusText(state, name);
    part(this, "state").textContent = text ? `${said} · ${text}` : said;
    part(this.opener, "status").textContent = text || (dot === "here" || dot === "gone" ? "" : said);
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

  #setStatus() {
    const text = statusCommand(new FormData(this.form), new Date());
    const sent = this.page.send({ type: "post", nonce: QUIET_PREFIX + makeNonce(), text });
    if (sent) this.dialog.close();
    else this.#say(NO_CONNECTION);
  }

  /** @param {string} text */
  #say(text) {
    /** @type {HTMLElement} */ (this.querySelector(".card-note")).textContent = text;
  }
}
