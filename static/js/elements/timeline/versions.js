/** The texts that a message had before it was edited. */
import { shortTime } from "../../words/dates.js";
import { openDialog } from "../../dom/dialogs.js";
import { getJson } from "../../server/http.js";
import { cloneElement, part } from "../../dom/template.js";
import { t } from "../../words/texts.js";

/** @param {string} base /rooms/{name} @param {any} line @param {Element|null} anchor */
export async function openVersions(base, line, anchor) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("versions"));
  const note = part(dialog, "note");
  const list = part(dialog, "list");
  note.hidden = false;
  note.textContent = t("Loading…");
  list.replaceChildren();
  openDialog(dialog, anchor);
  try {
    const { versions } = await getJson(`${base}/${line.number}/versions`);
    note.hidden = true;
    const now = { text: line.text, at: line.edited_at ?? line.at, label: t("Now") };
    const shown = [
      ...versions.map((/** @type {any} */ one, /** @type {number} */ index) => ({
        ...one,
        label: index ? t("Then") : t("At first"),
      })),
      now,
    ];
    list.replaceChildren(
      ...shown.map(({ text, at, label }) => {
        const item = cloneElement("version");
        part(item, "label").textContent = label;
        part(item, "time").textContent = shortTime(at);
        part(item, "text").textContent = text;
        return item;
      }),
    );
  } catch {
    note.textContent = t("The former texts couldn’t be loaded.");
  }
}
