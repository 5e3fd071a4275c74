/** The line under the box: what is wrong with the text, or how the command that is typed is used. */
import { COUNTDOWN, excessOf } from "../../composing/length.js";
import { n } from "../../words/texts.js";

export class Hint {
  #shown = "";

  /** @param {HTMLElement} node */
  constructor(node) {
    this.node = node;
  }

  /** @param {string} text @param {import("../../state/types.js").Command} [command] */
  update(text, command) {
    const excess = excessOf(text);
    this.node.classList.toggle("wrong", excess > 0);
    if (excess > 0) {
      this.show(
        n(
          "Too long by {count} character. Send it in parts.",
          "Too long by {count} characters. Send it in parts.",
          excess,
        ),
      );
    } else if (excess > -COUNTDOWN) {
      this.show(n("{count} character left", "{count} characters left", -excess));
    } else if (command) {
      const usage = document.createElement("code");
      usage.textContent = command.usage;
      this.show(command.usage, usage, ` ${command.help}`);
    } else {
      this.show("");
    }
  }

  /**
   * @param {string} text by which a change is known
   * @param {...(string|Node)} nodes what is shown, if not the text
   */
  show(text, ...nodes) {
    if (text === this.#shown) return;
    this.#shown = text;
    this.node.hidden = !text;
    this.node.replaceChildren(...(nodes.length ? nodes : [text]));
  }
}
