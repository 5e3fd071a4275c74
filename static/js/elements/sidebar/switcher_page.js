/**
 * The switcher on pages that are no rooms: one's own rooms are asked for as it opens. Loaded when it
 * is first wanted.
 */
import { getJson } from "../../server/http.js";
import { createStore, initial } from "../../state/store.js";
import { setNames } from "../../words/names.js";
import { isConversation } from "../../state/unread.js";
import { ChatSwitcher } from "./switcher.js";

const FRESH = 10_000; // ms after which the rooms are asked for again

/** @param {string} name one's own */
const emptyState = (name) =>
  initial({
    ...{ room: { name: "", kind: "open", title: "" }, key: "", you: { name }, may: [], epoch: "" },
    ...{ last_seq: 0, last_number: 0, read_number: 0, messages: [], more: false, members: [] },
    ...{ invitations: [], commands: [] },
  });

/** @param {import("../../state/store.js").Store} store */
async function loadRooms(store) {
  const { rooms } = await getJson("/rooms?only=own");
  store.state.rooms = new Map(rooms.map((/** @type {{name: string}} */ room) => [room.name, room]));
  const conversations = [...store.state.rooms.values()].filter(isConversation);
  const handles = [...new Set(conversations.flatMap(({ title }) => title.split(", ")))].slice(0, 100);
  if (handles.length) {
    const { people } = await getJson(`/people?${new URLSearchParams(handles.map((one) => ["name", one]))}`);
    setNames(people);
  }
  store.touch("rooms");
}

/** @returns {(several: boolean) => void} what opens it */
export function startSwitcher() {
  customElements.define("chat-switcher", ChatSwitcher);
  const switcher = /** @type {ChatSwitcher} */ (document.querySelector("chat-switcher"));
  const store = createStore(emptyState(switcher.dataset.user ?? ""), requestAnimationFrame);
  store.state.rooms.clear();
  store.state.connection = "connected";
  let loadedAt = -Infinity;
  switcher.start({ store, go: (address) => location.assign(address) }, () => {
    if (performance.now() - loadedAt < FRESH) return;
    loadedAt = performance.now();
    loadRooms(store).catch(() => {
      loadedAt = -Infinity;
    });
  });
  return (several) => switcher.open(several);
}
