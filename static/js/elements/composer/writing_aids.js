/** What helps to write, after the first view: one can write without it. */
import { Completer } from "./completer.js";
import { Toolbar } from "./toolbar.js";

export class WritingAids {
  /**
   * @param {import("./composer.js").ChatComposer} composer
   * @param {() => boolean} isText it is one, whatever it begins with
   * @param {import("../../dom/lifetime.js").Lifetime} lifetime
   */
  constructor(composer, isText, lifetime) {
    const find = (/** @type {string} */ selector) => /** @type {any} */ (composer.querySelector(selector));
    const { page, box, preview } = composer;
    this.completer = new Completer(page.store, box, find("#completions"), isText, lifetime);
    this.toolbar = new Toolbar(
      find("#composer-tools"),
      find("#composer-tools-opener"),
      box,
      { preview: () => preview.toggle() },
      lifetime.signal,
    );
    this.completer.update();
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was for one of them */
  key(event) {
    return Boolean(this.completer.menu.key(event)) || this.toolbar.key(event);
  }
}
