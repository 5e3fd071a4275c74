/** Completes words in the composer's box: what is known, the menu of proposals, and what is chosen. */
import { complete } from "../../composing/completion.js";
import { commandOf } from "../../composing/commands.js";
import { Lookups } from "../../server/lookups.js";
import { applyEdit } from "../../composing/textbox.js";
import { storage } from "../../local/storage.js";
import { CompletionMenu } from "./completion_menu.js";

export class Completer {
  /**
   * @param {import("../../state/store.js").Store} store
   * @param {HTMLTextAreaElement} box
   * @param {HTMLElement} list
   * @param {() => boolean} isText it is one, whatever it begins with
   * @param {import("../../dom/lifetime.js").Lifetime} lifetime
   */
  constructor(store, box, list, isText, lifetime) {
    this.store = store;
    this.box = box;
    this.isText = isText;
    const user = store.state.you.name;
    this.lookups = new Lookups({ storage, user, onAnswer: () => this.update() });
    this.menu = new CompletionMenu(
      box,
      list,
      (completion, item) => this.#insert(completion, item),
      lifetime.signal,
    );
    lifetime.add(() => this.lookups.stop());
  }

  update() {
    const { value, selectionStart, selectionEnd } = this.box;
    const here = selectionStart === selectionEnd && document.activeElement === this.box;
    const possible = here && !(value.startsWith("/") && this.isText());
    this.menu.show(possible ? complete(value, selectionStart, this.store.state, this.lookups) : null);
  }

  /** A command was sent. @param {string} text */
  used(text) {
    const command = commandOf(`${text} `, this.store.state.commands);
    if (command) this.lookups.recents.command.use(command.name);
  }

  /**
   * @param {import("../../composing/completion.js").Completion} completion
   * @param {import("../../composing/completion.js").Proposal} item
   */
  #insert({ from, to }, item) {
    this.lookups.use(item);
    const end = from + item.text.length;
    // The space after the caret is the one that would be put in.
    const spaced = item.text.endsWith(" ") && this.box.value[to] === " ";
    applyEdit(this.box, { from, to: spaced ? to + 1 : to, insert: item.text, start: end, end });
  }
}
