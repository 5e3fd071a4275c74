/**
 * The invitations in the sidebar: those that wait for an answer, as `unread` tells of them. Each is
 * accepted or declined.
 */
import { withBase } from "../../local/address.js";
import { PageElement } from "../page_element.js";
import { reconcile } from "../../dom/reconcile.js";
import { cloneElement, part } from "../../dom/template.js";
import { send } from "../../server/requests.js";
import { isolated, shownName } from "../../words/names.js";
import { t } from "../../words/texts.js";

/**
 * @typedef {import("../../state/types.js").Invitation} Invitation
 * @typedef {{key: string, shape: string, invitation: Invitation}} Row
 */

const render = {
  make() {
    return cloneElement("invitation");
  },
  update(/** @type {HTMLElement} */ node, /** @type {Row} */ { invitation }) {
    const { name, title, topic, kind, inviter } = invitation;
    node.hidden = false;
    Object.assign(node.dataset, { invitation: name, kind });
    const texts = { title, address: `#${name}`, topic, inviter: shownName(inviter) };
    for (const [field, text] of Object.entries(texts))
      part(node, field).textContent = text;
    for (const form of node.querySelectorAll("form")) {
      form.action = withBase(`/rooms/${encodeURIComponent(name)}/${form.dataset.answer}`);
      const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
      button.setAttribute("aria-label", `${button.textContent}: ${title}`);
    }
  },
};

export class ChatInvitations extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {HTMLElement} */ list;
  /** @type {Map<string, {node: HTMLElement, row: Row}>} */ #shown = new Map();
  /** Those of which the reader was told, or that stood in the page. @type {Set<string>} */ #known =
    new Set();

  /** @param {import("../../room.js").Page} page */
  start(page) {
    const { signal } = this.begin();
    this.page = page;
    this.list = /** @type {HTMLElement} */ (this.querySelector("ul"));
    this.list.replaceChildren();
    this.#shown.clear();
    this.#known = new Set(page.store.state.invitations.map(keyOf));
    this.addEventListener("submit", (event) => this.#answer(event), { signal });
    page.store.watch(["rooms"], () => this.#show(), signal);
    this.#show();
  }

  #show() {
    const { invitations } = this.page.store.state;
    const rows = invitations.map((invitation) => ({
      key: invitation.name,
      shape: `${JSON.stringify(invitation)} ${shownName(invitation.inviter)}`,
      invitation,
    }));
    const had = this.contains(document.activeElement);
    reconcile(this.list, this.#shown, rows, render);
    this.hidden = !rows.length;
    // What had the focus may be gone.
    if (had && !this.contains(document.activeElement)) this.#focusNext();
    for (const invitation of invitations) {
      if (this.#known.has(keyOf(invitation))) continue;
      this.#known.add(keyOf(invitation));
      const { inviter, title } = invitation;
      this.page.store.dispatch({
        type: "toasted",
        text: t("{inviter} invites you to {room}", { inviter: shownName(inviter), room: isolated(title) }),
      });
    }
  }

  #focusNext() {
    const next =
      this.list.querySelector("[data-invitation]:not([hidden]) button") ??
      document.getElementById("room-filter");
    /** @type {HTMLElement} */ (next).focus();
  }

  /** @param {SubmitEvent} event */
  async #answer(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const row = /** @type {HTMLElement} */ (form.closest("[data-invitation]"));
    const name = row.dataset.invitation ?? "";
    const buttons = row.querySelectorAll("button");
    for (const button of buttons) button.setAttribute("aria-disabled", "true");
    const problem = await send(form.action);
    for (const button of buttons) button.removeAttribute("aria-disabled");
    if (problem) {
      this.page.store.dispatch({ type: "toasted", text: problem });
    } else if (form.dataset.answer === "accept") {
      this.page.go(`/rooms/${encodeURIComponent(name)}`);
    } else {
      // Until the server's list without it is here.
      row.hidden = true;
      this.#focusNext();
    }
  }
}

/** @param {Invitation} invitation */
const keyOf = ({ name, at }) => `${name} ${at}`;
