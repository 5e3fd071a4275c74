/** Why a message called one, or didn't, in a dialog: the words are the server's. */
import { openDialog } from "../../dom/dialogs.js";
import { part } from "../../dom/template.js";
import { getJson } from "../../server/http.js";
import { t } from "../../words/texts.js";

/** @param {string} text @param {string} kind of element */
function node(text, kind) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

/** @param {string} base /rooms/{name} @param {number} number @param {Element|null} anchor */
export async function openWhy(base, number, anchor) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("why"));
  const [verdict, rule, ways, notes] = ["verdict", "rule", "ways", "notes"].map((name) => part(dialog, name));
  verdict.textContent = t("Loading…");
  rule.textContent = notes.textContent = "";
  ways.replaceChildren();
  /** @type {HTMLAnchorElement} */ (part(dialog, "level")).href = `${base}/notifications`;
  openDialog(dialog, anchor);
  try {
    const { text } = await getJson(`${base}/${number}/why`);
    verdict.textContent = text.verdict;
    rule.textContent = text.rule;
    ways.replaceChildren(
      ...text.ways.flatMap((/** @type {{name: string, text: string}} */ way) => [
        node(way.name, "dt"),
        node(way.text, "dd"),
      ]),
    );
    notes.textContent = text.notes.join(" ");
  } catch {
    verdict.textContent = t("The answer couldn’t be loaded.");
  }
}
