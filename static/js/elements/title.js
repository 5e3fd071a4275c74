/** The head of the room: its topic, as it changes. */

export class ChatTitle extends HTMLElement {
  /** @param {import("../room.js").Page} page */
  start({ store }) {
    const topic = /** @type {HTMLElement} */ (this.querySelector("#room-topic"));
    store.watch(["room"], () => {
      topic.textContent = topic.title = store.state.room.topic ?? "";
    });
  }
}
