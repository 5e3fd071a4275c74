/**
 * Sends typing events as the protocol asks: every three seconds while keys come, and once at the
 * end.
 */
import { isCommand } from "../composing/commands.js";

const AGAIN = 3_000; // ms; a page shows it for twice as long

export class Typing {
  #saidAt = -Infinity;

  /** @param {(request: object) => boolean} send @param {() => number} [now] ms */
  constructor(send, now = () => performance.now()) {
    this.send = send;
    this.now = now;
  }

  /** After each key. Commands send nothing. @param {string} text */
  typed(text) {
    if (!text.trim() || isCommand(text)) {
      if (this.now() - this.#saidAt < 2 * AGAIN) this.send({ type: "typing", on: false });
      this.#saidAt = -Infinity;
    } else if (this.now() - this.#saidAt >= AGAIN && this.send({ type: "typing" })) {
      this.#saidAt = this.now();
    }
  }

  /** The message itself ends it. */
  posted() {
    this.#saidAt = -Infinity;
  }
}
