/** Messages among what the switcher proposes, and the way to all of them. */
import { isWhole } from "../../composing/search_words.js";
import { withBase } from "../../local/address.js";
import { messageLookup } from "../../server/lookups.js";
import { cloneElement, part } from "../../dom/template.js";
import { shortTime } from "../../words/dates.js";
import { isolated, shownName } from "../../words/names.js";
import { t } from "../../words/texts.js";

const MOST = 6;
const LEAST = 2; // letters: a single one is in every message

/**
 * @typedef {{kind: "message", name: string, title: string, address: string, detail: string, marked: string}}
 *   FoundItem `marked` is HTML of the server's, empty for the way to all
 */

export class FoundMessages {
  #lookup;

  /** @param {() => void} onAnswer */
  constructor(onAnswer) {
    this.#lookup = messageLookup(onAnswer);
  }

  /** @param {string} typed @returns {FoundItem[]} */
  items(typed) {
    const words = typed.trim();
    if (words.length < LEAST || words.startsWith("@") || words.startsWith("#")) return [];
    // Nothing is asked for while a word like `from:` lacks what follows it.
    const found = isWhole(words) ? this.#lookup.find(words).filter(({ folded }) => !folded) : [];
    return [
      ...found.slice(0, MOST).map(({ room, title, message, marked }) => ({
        kind: /** @type {const} */ ("message"),
        name: `${room}/${message.number}`,
        title,
        address: withBase(`/rooms/${encodeURIComponent(room)}/${message.number}`),
        detail: [shownName(message.author), title, shortTime(message.at)].map(isolated).join(" · "),
        marked,
      })),
      {
        kind: /** @type {const} */ ("message"),
        name: "",
        title: words,
        address: withBase(`/search?${new URLSearchParams({ q: words })}`),
        detail: t("All messages with these words"),
        marked: "",
      },
    ];
  }

  stop() {
    this.#lookup.stop();
  }
}

/** @param {FoundItem} item */
export function messageOption(item) {
  const node = cloneElement("found-message");
  part(node, "detail").textContent = item.detail;
  // The server's: text alone, with marks.
  part(node, "marked").innerHTML = item.marked;
  return node;
}
