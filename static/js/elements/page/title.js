/** The head of the room, and its name in the title of the document. */
import { PageElement } from "../page_element.js";
import { showTotals } from "./badge.js";
import { isolated, shownTitle } from "../../words/names.js";
import { dotOf } from "../../state/people.js";
import { part } from "../../dom/template.js";
import { paintAvatar } from "../people/avatar.js";
import { showRoomPicture } from "../people/room_picture.js";

export class ChatTitle extends PageElement {
  /** As the page came, and the room's name in it. */
  #title = "";
  #name = "";

  /** @param {import("../../room.js").Page} page */
  start({ store }) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    const { state } = store;
    const topic = /** @type {HTMLElement} */ (this.querySelector("#room-topic"));
    const name = /** @type {HTMLElement} */ (this.querySelector("#room-name"));
    this.#title ||= document.title;
    this.#name ||= isolated(name.textContent ?? "");
    lifetime.add(() => (document.title = this.#title));
    const withName = () => this.#title.replace(this.#name, () => isolated(name.textContent ?? ""));
    document.title = withName();
    store.watch(
      ["room"],
      () => {
        topic.textContent = topic.title = state.room.topic ?? "";
        name.textContent = shownTitle(state.room);
        const picture = part(this, "picture");
        if (picture) showRoomPicture(picture, state.room);
        for (const sign of ["open", "closed", "is-closed"]) {
          const node = part(this, sign);
          if (node) node.hidden = sign.replace("is-", "") !== state.room.kind;
        }
      },
      signal,
    );
    store.watch(
      ["room", "rooms", "reading", "members"],
      () => {
        showTotals(state, withName());
        this.#paint(state);
      },
      signal,
    );
    store.touch("room", "rooms");
    this.#paint(state);
  }

  /**
   * The other person of a conversation of two.
   * @param {import("../../state/store.js").State} state
   */
  #paint(state) {
    const avatar = part(this, "avatar");
    if (!avatar) return;
    const other = state.room.title ?? "";
    paintAvatar(avatar, other);
    avatar.dataset.dot = dotOf(state, other);
  }
}
