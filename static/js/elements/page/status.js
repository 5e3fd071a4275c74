/** The status line: connecting, connected or offline, and how much waits to be sent. */
import { PageElement } from "../page_element.js";
import { waiting } from "../../state/store.js";
import { n, t } from "../../words/texts.js";

const STATES = {
  connecting: t("connecting"),
  connected: t("connected"),
  offline: t("offline"),
  blocked: t("offline: the site answers, but something on the way lets no WebSocket through"),
};

export class ChatStatus extends PageElement {
  /** @param {import("../../room.js").Page} page */
  start({ store }) {
    const { signal } = this.begin();
    let shown = "";
    const show = () => {
      const { connection, held } = store.state;
      const count = waiting(store.state);
      // What waits for some milliseconds on a good connection is no news.
      const suffix =
        count && (connection !== "connected" || held)
          ? `, ${n("{count} waiting", "{count} waiting", count)}`
          : "";
      this.dataset.state = connection;
      const text = STATES[connection] + suffix;
      if (text === shown) return;
      shown = this.textContent = text;
    };
    store.watch(["status"], show, signal);
    show();
  }
}
