/**
 * Says to the room that one is typing, as the protocol asks: again every three seconds while keys
 * come, and when it is over.
 */
import { isCommand } from "../composing/completion.js";

const AGAIN = 3_000; // ms; a page shows it for twice as long

export class Typing {
  #saidAt = -Infinity;

  /** @param {(request: object) => boolean} send @param {() => number} [now] ms */
  constructor(send, now = () => performance.now()) {
    this.send = send;
    this.now = now;
  }

  /** After each key. Nobody needs to know of a command. @param {string} text */
  typed(text) {
    if (!text.trim() || isCommand(text)) {
      if (this.now() - this.#saidAt < 2 * AGAIN) this.send({ type: "typing", on: false });
      this.#saidAt = -Infinity;
    } else if (this.now() - this.#saidAt >= AGAIN && this.send({ type: "typing" })) {
      this.#saidAt = this.now();
    }
  }

  /** The message itself says that it is over. */
  posted() {
    this.#saidAt = -Infinity;
  }
}
