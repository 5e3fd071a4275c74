/** What became of what one has reported, in the sidebar until one has seen it. */
import { withBase } from "../../local/address.js";
import { PageElement } from "../page_element.js";
import { reconcile } from "../../dom/reconcile.js";
import { cloneElement, part } from "../../dom/template.js";
import { send } from "../../server/requests.js";
import { isConversation } from "../../state/unread.js";
import { t } from "../../words/texts.js";

/**
 * @typedef {import("../../state/types.js").Outcome} Outcome
 * @typedef {{key: string, shape: string, outcome: Outcome}} Row
 */

/** @param {Outcome} outcome */
const textOf = ({ done }) =>
  done
    ? t("What you reported was looked at, and something was done.")
    : t("What you reported was looked at. Nothing had to be done.");

const render = {
  make() {
    return cloneElement("outcome");
  },
  update(/** @type {HTMLElement} */ node, /** @type {Row} */ { outcome }) {
    const where = isConversation(outcome) ? t("A conversation") : outcome.title;
    node.hidden = false;
    node.dataset.outcome = String(outcome.report);
    part(node, "where").textContent = where;
    part(node, "text").textContent = textOf(outcome);
    const form = /** @type {HTMLFormElement} */ (node.querySelector("form"));
    form.action = withBase(`/reports/${outcome.report}/seen`);
    form.querySelector("button")?.setAttribute("aria-label", `${t("OK")}: ${where}`);
  },
};

export class ChatOutcomes extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {HTMLElement} */ list;
  /** @type {Map<string, {node: HTMLElement, row: Row}>} */ #shown = new Map();
  /** Those of which the reader was told, or that stood in the page. @type {Set<number>} */ #known =
    new Set();

  /** @param {import("../../room.js").Page} page */
  start(page) {
    const { signal } = this.begin();
    this.page = page;
    this.list = /** @type {HTMLElement} */ (this.querySelector("ul"));
    this.list.replaceChildren();
    this.#shown.clear();
    this.#known = new Set(page.store.state.site.outcomes.map((one) => one.report));
    this.addEventListener("submit", (event) => this.#seen(event), { signal });
    page.store.watch(["rooms"], () => this.#show(), signal);
    this.#show();
  }

  #show() {
    const { outcomes } = this.page.store.state.site;
    const rows = outcomes.map((outcome) => ({
      key: String(outcome.report),
      shape: JSON.stringify(outcome),
      outcome,
    }));
    const had = this.contains(document.activeElement);
    reconcile(this.list, this.#shown, rows, render);
    this.hidden = !rows.length;
    if (had && !this.contains(document.activeElement)) this.#focusNext();
    for (const outcome of outcomes) {
      if (this.#known.has(outcome.report)) continue;
      this.#known.add(outcome.report);
      this.page.store.dispatch({ type: "toasted", text: textOf(outcome) });
    }
  }

  #focusNext() {
    const next =
      this.list.querySelector("[data-outcome]:not([hidden]) button") ??
      document.getElementById("room-filter");
    /** @type {HTMLElement} */ (next).focus();
  }

  /** @param {SubmitEvent} event */
  async #seen(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const row = /** @type {HTMLElement} */ (form.closest("[data-outcome]"));
    const problem = await send(form.action);
    if (problem) {
      this.page.store.dispatch({ type: "toasted", text: problem });
      return;
    }
    // Until the server's list without it is here.
    row.hidden = true;
    this.#focusNext();
  }
}
