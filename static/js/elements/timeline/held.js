/** One's own posts in this room that wait for a moderator, or weren't let through, below the timeline. */
import { withBase } from "../../local/address.js";
import { PageElement } from "../page_element.js";
import { reconcile } from "../../dom/reconcile.js";
import { cloneElement, part } from "../../dom/template.js";
import { send } from "../../server/requests.js";
import { t } from "../../words/texts.js";

/**
 * @typedef {import("../../state/types.js").Held} Held
 * @typedef {{key: string, shape: string, held: Held}} Row
 */

const render = {
  make: () => cloneElement("held"),
  update(/** @type {HTMLElement} */ node, /** @type {Row} */ { held }) {
    node.hidden = false;
    part(node, "state").textContent = held.refused
      ? t("A moderator didn’t let this through.")
      : t("Waits for a moderator. Only you see it.");
    part(node, "text").textContent = held.text;
    const form = /** @type {HTMLFormElement} */ (node.querySelector("form"));
    form.action = withBase(`/held/${held.held}/withdraw`);
    /** @type {HTMLButtonElement} */ (form.querySelector("button")).textContent = held.refused
      ? t("OK")
      : t("Withdraw");
  },
};

export class ChatHeld extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {HTMLElement} */ list;
  /** @type {Map<string, {node: HTMLElement, row: Row}>} */ #shown = new Map();
  /** Known not to be let through. @type {Set<number>} */ #known = new Set();

  /** @param {import("../../room.js").Page} page */
  start(page) {
    const { signal } = this.begin();
    this.page = page;
    this.list = /** @type {HTMLElement} */ (this.querySelector("ul"));
    this.list.replaceChildren();
    this.#shown.clear();
    this.#known = new Set(this.#refused());
    this.addEventListener("submit", (event) => this.#withdraw(event), { signal });
    page.store.watch(["rooms"], () => this.#show(), signal);
    this.#show();
  }

  #refused() {
    return this.page.store.state.site.held.flatMap(({ held, refused }) => (refused ? [held] : []));
  }

  #show() {
    const { site, room } = this.page.store.state;
    const rows = site.held
      .filter(({ name }) => name === room.name)
      .map((held) => ({ key: String(held.held), shape: JSON.stringify(held), held }));
    const had = this.contains(document.activeElement);
    reconcile(this.list, this.#shown, rows, render);
    this.hidden = !rows.length;
    if (had && !this.contains(document.activeElement)) this.page.composer.focus();
    for (const held of this.#refused()) {
      if (this.#known.has(held)) continue;
      this.#known.add(held);
      this.page.store.dispatch({ type: "toasted", text: t("A moderator didn’t let your message through.") });
    }
  }

  /** @param {SubmitEvent} event */
  async #withdraw(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const row = /** @type {HTMLElement} */ (form.closest("li"));
    const problem = await send(form.action);
    if (problem) {
      this.page.store.dispatch({ type: "toasted", text: problem });
      return;
    }
    // Until the server's list without it is here.
    row.hidden = true;
    this.page.composer.focus();
  }
}
