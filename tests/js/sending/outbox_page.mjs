/** A page with its outbox, whose server is the test. */
import { eventOf } from "../../../static/js/server/event_of.js";
import { Outbox } from "../../../static/js/sending/outbox.js";
import { lobby, memoryStorage } from "../support.mjs";

export const PREFIX = "aiochat:outbox:alice:lobby:";
export const NOW = Date.parse("2026-11-21T09:30:00Z");

export const COMMANDS = [
  { name: "kill", usage: "/kill @user", help: "", aliases: ["kick"], says: false },
  { name: "me", usage: "/me text", help: "", aliases: [], says: true },
];

/** @typedef {import("../../../static/js/sending/outbox.js").WhenTabCloses} WhenTabCloses */
/**
 * @typedef {{connected?: boolean, now?: number, tab?: string, whenTabCloses?: WhenTabCloses}}
 *   Options
 */

/**
 * A page with its outbox; `server(event)` is what the socket would bring.
 * @param {ReturnType<typeof memoryStorage>} [storage]
 * @param {Options} [options]
 */
export function openOutbox(
  storage = memoryStorage(),
  { connected = true, now = NOW, tab, whenTabCloses } = {},
) {
  const store = lobby({ members: [], commands: COMMANDS });
  store.dispatch({ type: "connection", connection: connected ? "connected" : "offline" });
  /** @type {{type: string, nonce: string, text: string, reply_to?: number}[]} */
  const sent = [];
  const line = { connected, now };
  const send = (/** @type {any} */ request) => line.connected && Boolean(sent.push(request));
  const outbox = new Outbox({
    store,
    storage,
    send,
    prefix: PREFIX,
    tab,
    whenTabCloses,
    now: () => line.now,
  });
  const server = (/** @type {import("../../../static/js/state/types.js").Event} */ told) => {
    const event = eventOf(JSON.stringify(told));
    if (!event) return;
    store.receive(event);
    outbox.received(event);
  };
  const stages = () => store.state.pending.map(({ text, stage }) => `${text}: ${stage}`);
  return { outbox, store, sent, storage, line, server, stages, texts: () => sent.map(({ text }) => text) };
}
