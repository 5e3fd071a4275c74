/** Who is typing, in a line that always has its height. Not announced: it would never be silent. */
import { TYPING_LAPSES, typingText } from "../../state/people.js";

export class ChatTyping extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #lapse;

  /** @param {import("../../room.js").Page} page */
  start({ store }) {
    store.watch(["typing", "status"], () => {
      const { typing, connection } = store.state;
      const text = connection === "connected" ? typingText([...typing.keys()]) : "";
      if (this.textContent !== text) this.textContent = text;
      clearTimeout(this.#lapse);
      if (!typing.size) return;
      const wait = Math.min(...typing.values()) + TYPING_LAPSES - Date.now();
      this.#lapse = setTimeout(() => store.dispatch({ type: "lapsed", now: Date.now() }), Math.max(0, wait) + 20);
    });
  }
}
