/** Who is typing, in a line of fixed height. Screen readers don't announce it. */
import { PageElement } from "../page_element.js";
import { TYPING_TIMEOUT } from "../../state/people.js";
import { typingText } from "../../words/typing.js";

export class ChatTyping extends PageElement {
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;

  /** @param {import("../../room.js").Page} page */
  start({ store }) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    lifetime.add(() => clearTimeout(this.#timer));
    /** @type {string|undefined} */ let shown;
    store.watch(
      ["typing", "status"],
      () => {
        const { typing, connection, site } = store.state;
        const names = [...typing.keys()].filter((name) => !site.ignored.has(name));
        const text = connection === "connected" ? typingText(names) : "";
        if (shown !== text) shown = this.textContent = text;
        clearTimeout(this.#timer);
        if (!typing.size) return;
        const wait = Math.min(...typing.values()) + TYPING_TIMEOUT - Date.now();
        this.#timer = setTimeout(
          () => store.dispatch({ type: "typing_expired", now: Date.now() }),
          Math.max(0, wait) + 20,
        );
      },
      signal,
    );
  }
}
