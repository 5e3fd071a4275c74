/**
 * The toasts at the bottom: each shows for some seconds, and longer under the pointer or with the
 * focus.
 */
import { PageElement } from "../page_element.js";
import { cloneElement, part } from "../../dom/template.js";
import { TOASTED } from "../../dom/toasted.js";
import { keyOf } from "../../dom/key_of.js";
import { makeNonce } from "../../sending/nonce.js";
import { doneText } from "../../words/acts_done.js";

const SHOWN = 5_000;

/** @typedef {import("../../state/types.js").Toast} Toast */

/** @param {Toast} toast */
function canUndo({ undo, acts, commands = [] }) {
  if (undo !== undefined) return true;
  return acts !== undefined && !commands.some((one) => /^\/undo\b/i.test(one));
}

export class ChatToasts extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {Map<number, {node: HTMLElement, timer: ReturnType<typeof setTimeout>|undefined}>} */ #shown =
    new Map();

  /** @param {import("../../room.js").Page} page */
  start(page) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    lifetime.add(() => this.#clear());
    this.page = page;
    page.store.watch(["toasts"], () => this.#show(), signal);
    this.#show();
    for (const event of ["pointerenter", "focusin"])
      this.addEventListener(event, () => this.#pause(), { signal });
    for (const event of ["pointerleave", "focusout"])
      this.addEventListener(event, () => this.#schedule(), { signal });
    // Of a script that has no store of its own.
    const told = (/** @type {Event} */ event) =>
      page.store.dispatch({ type: "toasted", .../** @type {CustomEvent} */ (event).detail });
    document.addEventListener(TOASTED, told, { signal });
    addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  #show() {
    const { toasts } = this.page.store.state;
    for (const [id, { node, timer }] of this.#shown) {
      if (toasts.some((toast) => toast.id === id)) continue;
      clearTimeout(timer);
      node.remove();
      this.#shown.delete(id);
    }
    for (const toast of toasts) {
      if (this.#shown.has(toast.id)) continue;
      const node = cloneElement("toast");
      part(node, "text").textContent = toast.text || doneText(toast.commands ?? []);
      part(node, "undo").hidden = !canUndo(toast);
      part(node, "undo").addEventListener("click", () => this.#undo(toast));
      part(node, "close").addEventListener("click", () => this.#close(toast.id));
      this.append(node);
      this.#shown.set(toast.id, { node, timer: undefined });
    }
    if (!this.matches(":hover, :focus-within")) this.#schedule();
  }

  #clear() {
    this.#pause();
    this.#shown.clear();
    this.replaceChildren();
  }

  #pause() {
    for (const shown of this.#shown.values()) {
      clearTimeout(shown.timer);
      shown.timer = undefined;
    }
  }

  #schedule() {
    for (const [id, shown] of this.#shown) shown.timer ??= setTimeout(() => this.#close(id), SHOWN);
  }

  /** @param {number} id */
  #close(id) {
    const inside = this.#shown.get(id)?.node.contains(document.activeElement);
    this.page.store.dispatch({ type: "untoasted", id });
    if (inside) this.page.composer?.focus();
  }

  /** @param {Toast} toast */
  #undo(toast) {
    const { undo, acts = [] } = toast;
    if (typeof undo === "function") undo();
    else if (undo !== undefined) this.page.amendments.request({ type: "undelete", number: undo });
    // The last first, as they were done one upon the other.
    for (const act of acts.toReversed())
      this.page.send({ type: "post", nonce: makeNonce(), text: `/undo A${act}` });
    this.#close(toast.id);
  }

  /**
   * Ctrl+Z takes the last deletion back, unless there is typing to be taken back.
   * @param {KeyboardEvent} event
   */
  #key(event) {
    if (keyOf(event) !== "Ctrl+z" || event.shiftKey) return;
    const box = /** @type {any} */ (event.target);
    const last = this.page.store.state.toasts.findLast(canUndo);
    if (!last || box.value) return;
    event.preventDefault();
    this.#undo(last);
  }
}
