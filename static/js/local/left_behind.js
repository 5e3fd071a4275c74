/** What of a person's waits in this browser, and is lost when they sign out. */

const CONVERSATION = /^(?:direct|group)\.[0-9a-f]{16}$/; // their names are for nobody to read

/**
 * @typedef {object} LeftBehind
 * @property {number} messages not sent yet
 * @property {number} changes not sent yet: edits, deletions, reactions, pins
 * @property {string[]} rooms with a draft, by name
 * @property {boolean} conversations whether one of them has a draft
 */

/**
 * @param {Pick<typeof import("./storage.js").storage, "keys">} storage
 * @param {string} user
 * @returns {LeftBehind|null} null if nothing waits
 */
export function leftBehind(storage, user) {
  const draft = `aiochat:draft:${user}:`;
  const drafts = storage.keys(draft).map((key) => key.slice(draft.length));
  const found = {
    messages: storage.keys(`aiochat:outbox:${user}:`).length,
    changes: storage.keys(`aiochat:asks:${user}:`).length,
    rooms: drafts.filter((room) => !CONVERSATION.test(room)).sort((a, b) => a.localeCompare(b)),
    conversations: drafts.some((room) => CONVERSATION.test(room)),
  };
  return found.messages || found.changes || drafts.length ? found : null;
}
