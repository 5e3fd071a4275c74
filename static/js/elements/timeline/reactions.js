/** What stands beside a message's text: the quoted post, its marks and its reactions. */
import { fullTime } from "../../words/dates.js";
import { shownName } from "../../words/names.js";
import { cloneElement, part } from "../../dom/template.js";
import { kindInWords } from "../../words/files.js";
import { locale, n, t } from "../../words/texts.js";

/** At most so many names are listed; the others are counted. */
const NAMED = 30;

/** "bob, carol and you". @param {string[]} names @param {string} you */
function formatNames(names, you) {
  const others = names
    .filter((name) => name !== you)
    .slice(0, NAMED)
    .map(shownName);
  const rest = names.length - others.length - (names.includes(you) ? 1 : 0);
  const all = [
    ...others,
    ...(rest > 0 ? [n("{count} other", "{count} others", rest)] : []),
    ...(names.includes(you) ? [t("you")] : []),
  ];
  return new Intl.ListFormat(locale()).format(all);
}

/**
 * A part of a row that is there only where it has something to say.
 * @param {HTMLElement} node
 * @param {string} name
 * @param {boolean} wanted
 * @param {(made: HTMLElement) => void} put
 */
function optionalPart(node, name, wanted, put) {
  const found = /** @type {HTMLElement|null} */ (part(node, name));
  if (!wanted) {
    found?.remove();
    return null;
  }
  if (found) return found;
  const made = cloneElement(name);
  put(made);
  return made;
}

/**
 * @param {HTMLElement} node
 * @param {any} line a Line or a Pending
 * @param {string} [link] of the message
 */
export function fillQuote(node, line, link) {
  const wanted = Boolean(line.reply_to) && !line.deleted;
  const quote = optionalPart(node, "quote", wanted, (made) => part(node, "bubble").prepend(made));
  if (!quote) return;
  const { author = "", text: said = "", files } = line.quote ?? {};
  const text = said || (files && kindInWords(files));
  const words = part(quote, "quote-text");
  part(quote, "quote-author").textContent = shownName(author);
  words.textContent = text || (line.quote ? t("This message was deleted.") : t("A message"));
  words.classList.toggle("gone", !text);
  quote.dataset.number = String(line.reply_to);
  quote.title = t("Show what is answered");
  // Beside the message's own address is that of what it answers.
  if (link) quote.setAttribute("href", link.replace(/\d+$/, String(line.reply_to)));
}

/** @param {HTMLElement} node @param {any} line */
export function fillMarks(node, line) {
  const edited = Boolean(line.edited_at) && !line.deleted;
  const pinned = Boolean(line.pinned) && !line.deleted;
  node.classList.toggle("marked", edited || pinned);
  const marks = optionalPart(node, "marks", edited || pinned, (made) =>
    (part(node, "head") ?? part(node, "bubble")).append(made),
  );
  if (!marks) return;
  const button = part(marks, "edited");
  button.hidden = !edited;
  if (edited) button.title = t("Edited {time}. Show former texts", { time: fullTime(line.edited_at) });
  part(marks, "pinned").hidden = !pinned;
}

/** @param {HTMLElement} node @param {any} line @param {string} you */
export function fillReactions(node, line, you) {
  const reactions = /** @type {{emoji: string, names: string[]}[]} */ (
    (!line.deleted && line.reactions) || []
  );
  const box = optionalPart(node, "reactions", reactions.length > 0, (made) =>
    (part(node, "body") ?? node).append(made),
  );
  if (!box) return;
  const add = part(box, "add-reaction");
  const chips = /** @type {Map<string|undefined, HTMLElement>} */ (
    new Map(
      [.../** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll("[data-emoji]"))].map((chip) => [
        chip.dataset.emoji,
        chip,
      ]),
    )
  );
  for (const { emoji, names } of reactions) {
    // The same emoji keeps its button, and so the focus.
    const chip = chips.get(emoji) ?? cloneElement("reaction");
    chips.delete(emoji);
    const who = formatNames(names, you);
    chip.dataset.emoji = emoji;
    part(chip, "emoji").textContent = emoji;
    part(chip, "count").textContent = String(names.length);
    chip.title = who;
    chip.setAttribute(
      "aria-label",
      t("{emoji} {count}: {names}", { emoji, count: names.length, names: who }),
    );
    chip.setAttribute("aria-pressed", String(names.includes(you)));
    if (chip.nextElementSibling !== add || !chip.isConnected) box.insertBefore(chip, add);
  }
  for (const chip of chips.values()) {
    if (chip === document.activeElement)
      /** @type {HTMLElement} */ (chip.closest(".message")).focus({ preventScroll: true });
    chip.remove();
  }
}
