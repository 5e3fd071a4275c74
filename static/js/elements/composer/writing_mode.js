/** The strip above the box: the post that is answered or edited. */
import { shownName } from "../../words/names.js";
import { part } from "../../dom/template.js";
import { kindInWords } from "../../words/files.js";
import { t } from "../../words/texts.js";

export class WritingMode {
  #shown = "";

  /** @param {HTMLElement} strip @param {() => void} leave @param {AbortSignal} signal its end */
  constructor(strip, leave, signal) {
    this.strip = strip;
    part(strip, "leave").addEventListener("mousedown", (event) => event.preventDefault(), { signal });
    part(strip, "leave").addEventListener("click", leave, { signal });
  }

  /** @param {boolean} editing @param {import("../../local/drafts.js").Quoted|null} repliedTo */
  show(editing, repliedTo) {
    const mode = editing ? "edit" : repliedTo ? "reply" : "";
    const what = editing
      ? t("Editing your message")
      : repliedTo?.author
        ? t("Replying to {name}", { name: shownName(repliedTo.author) })
        : t("Replying");
    const { text = "", files } = repliedTo ?? {};
    const quote = editing ? "" : text || (files ? kindInWords(files) : "");
    const shown = JSON.stringify([mode, what, quote]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.strip.hidden = !mode;
    this.strip.dataset.mode = mode;
    // It describes the box, hidden or not.
    part(this.strip, "what").textContent = mode && what;
    part(this.strip, "quote").textContent = quote;
    const leave = editing ? t("Cancel editing") : t("Don’t reply");
    part(this.strip, "leave-text").textContent = leave;
    part(this.strip, "leave").title = `${leave} (Esc)`;
  }
}
