/** The preview: the message as the server renders it, in place of the box. */
import { hideSpoilers, nameMentions } from "../../words/rich_text.js";
import { post } from "../../server/http.js";
import { t } from "../../words/texts.js";

export class Preview {
  #turn = 0;

  /**
   * @param {HTMLElement} view
   * @param {HTMLTextAreaElement} box
   * @param {HTMLButtonElement} button
   * @param {string} address where a text is rendered
   * @param {(text: string) => void} failed says why there is none
   */
  constructor(view, box, button, address, failed) {
    this.view = view;
    this.box = box;
    this.button = button;
    this.address = address;
    this.failed = failed;
  }

  get open() {
    return !this.view.hidden;
  }

  /** To the preview, or back from it. */
  async toggle() {
    if (this.open) {
      this.close();
      this.box.focus();
      return;
    }
    const text = this.box.value.trimEnd();
    if (!text.trim()) return;
    const turn = (this.#turn += 1);
    const { html, error } = await this.#render(text);
    // The text was changed or sent before the answer came: no preview.
    if (turn !== this.#turn || this.box.value.trimEnd() !== text) return;
    if (html === undefined) {
      this.failed(error?.text ?? t("There is no preview without a connection."));
      return;
    }
    // Made and sanitised by the server, like the text of every message.
    this.view.innerHTML = html;
    hideSpoilers(this.view);
    nameMentions(this.view);
    for (const link of this.view.querySelectorAll("a[href]")) link.setAttribute("target", "_blank");
    this.#show(true);
    this.view.focus({ preventScroll: true });
  }

  close() {
    this.#turn += 1;
    if (!this.open) return;
    this.#show(false);
    this.view.replaceChildren();
  }

  /** @param {boolean} open */
  #show(open) {
    this.view.hidden = !open;
    this.box.hidden = open;
    this.button.setAttribute("aria-pressed", String(open));
  }

  /** @param {string} text @returns {Promise<{html?: string, error?: {text: string}}>} */
  async #render(text) {
    try {
      return await (await post(this.address, new URLSearchParams({ text }))).json();
    } catch {
      return {}; // no network, or the page to sign in again
    }
  }
}
