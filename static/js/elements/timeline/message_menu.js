/**
 * The menu of a message: emoji to react with, and all that may be done with it. On a phone it comes
 * from below.
 */
import { isSheet, openDialog } from "../../dom/dialogs.js";
import { recentEmoji } from "../../local/recent_emoji.js";
import { cloneElement, part } from "../../dom/template.js";
import { t } from "../../words/texts.js";

const EMOJI = 6;
const SHORT = 200; // px: a menu below it is still near

/** @typedef {import("../../state/types.js").Line} Line */

/**
 * Buttons of the emoji used last.
 * @param {Line} line
 * @param {string} you
 * @param {number} count
 * @param {string} name their class
 * @param {"aria-pressed"|"aria-checked"} pressed what says of each whether one has reacted so
 */
export function quickReactions(line, you, count, name, pressed) {
  return recentEmoji(count).map((emoji) => {
    const button = cloneElement("quick");
    button.className = name;
    if (pressed === "aria-checked") button.setAttribute("role", "menuitemcheckbox");
    button.dataset.emoji = button.textContent = emoji;
    button.setAttribute("aria-label", t("React with {emoji}", { emoji }));
    button.setAttribute(
      pressed,
      String(Boolean(line.reactions?.find((one) => one.emoji === emoji)?.names.includes(you))),
    );
    return button;
  });
}

/**
 * Where it is anchored: at its button, but so that it leaves a short message free to be read.
 * @param {Element} bubble
 * @param {Element} button
 */
function beside(bubble, button) {
  const text = bubble.getBoundingClientRect();
  const { left, width, top } = button.getBoundingClientRect();
  return text.height > SHORT ? button : new DOMRect(left, top, width, text.bottom - top);
}

export class MessageMenu {
  /** @param {AbortSignal} signal its end */
  constructor(signal) {
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("message-menu"));
    this.dialog.addEventListener(
      "click",
      ({ target }) => {
        const button = /** @type {HTMLElement|null} */ (
          /** @type {HTMLElement} */ (target).closest("[data-do]")
        );
        if (button) this.dialog.close(`${button.dataset.do} ${button.dataset.emoji ?? ""}`.trim());
      },
      { signal },
    );
    this.dialog.addEventListener("keydown", (event) => this.#move(event), { signal });
  }

  get isOpen() {
    return this.dialog.open;
  }

  /**
   * @param {HTMLElement} row of a stored message
   * @param {Line} line as it is shown
   * @param {import("../../state/store.js").State} state
   * @param {Element} anchor
   * @returns {Promise<string>} what was chosen, as `act` of message_actions.js takes it; empty for
   *   nothing
   */
  open(row, line, { you, may }, anchor) {
    const mine = line.author === you.name;
    const canPost = may.includes("post");
    const canPin = may.includes("pin");
    const alive = !line.deleted;
    const canReact = alive && may.includes("react");
    /** @type {Record<string, boolean>} */
    const offered = {
      reply: alive && canPost,
      edit: alive && canPost && mine,
      "copy-text": alive && line.text !== "",
      "copy-link": true,
      unread: true,
      select: alive,
      pin: alive && canPin && !line.pinned,
      unpin: alive && canPin && Boolean(line.pinned),
      report: alive && !mine && may.includes("report"),
      versions: alive && Boolean(line.edited_at),
      why: alive && may.includes("post"),
      delete: alive && may.includes(mine ? "retract" : "delete"),
    };
    for (const [name, wanted] of Object.entries(offered))
      /** @type {HTMLElement} */ (this.dialog.querySelector(`[data-do="${name}"]`)).hidden = !wanted;
    const quick = part(this.dialog, "emoji");
    /** @type {HTMLElement} */ (quick.parentElement).hidden = !canReact;
    quick.replaceChildren(...quickReactions(line, you.name, EMOJI, "quick", "aria-checked"));
    for (const item of this.#items()) item.tabIndex = -1;

    if (!row.contains(document.activeElement)) row.focus({ preventScroll: true });
    const closed = openDialog(this.dialog, beside(part(row, "bubble") ?? row, anchor));
    this.#items()[canReact && !isSheet() ? EMOJI + 1 : 0]?.focus();
    return closed;
  }

  /** What can be chosen in the menu now. @returns {HTMLElement[]} */
  #items() {
    const items = [
      .../** @type {NodeListOf<HTMLElement>} */ (this.dialog.querySelectorAll("[role^=menuitem]")),
    ];
    return items.filter((item) => !item.closest("[hidden]"));
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const items = this.#items();
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const isEmoji = (/** @type {HTMLElement|undefined} */ item) => Boolean(item?.closest(".menu-emoji"));
    let to = -1;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft")
      to = at + (event.key === "ArrowRight" ? 1 : -1);
    else if (event.key === "ArrowDown")
      to = isEmoji(items[at]) ? items.findIndex((item) => !isEmoji(item)) : at + 1;
    else if (event.key === "ArrowUp")
      to = isEmoji(items[at]) ? items.length - 1 : isEmoji(items[at - 1]) ? 0 : at - 1;
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = items.length - 1;
    else if (event.key === "Tab") this.dialog.close("");
    else if (event.key.length === 1 && event.key !== " ") {
      // The next whose words begin with this letter.
      const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      to = items.indexOf(
        /** @type {HTMLElement} */ (
          after.find(
            (item) =>
              !isEmoji(item) && item.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()),
          )
        ),
      );
      if (to < 0) return;
    } else return;
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  }
}
