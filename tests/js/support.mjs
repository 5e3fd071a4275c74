/** What the tests of scripts share: a page's state, posts, and a storage in memory. */
import { webcrypto } from "node:crypto";

import { createStore, initial } from "../../static/js/state/store.js";

/** @typedef {import("../../static/js/state/types.js").Line} Line */
/** @typedef {import("../../static/js/state/store.js").Store} Store */

// Node 18 has it in its module only.
globalThis.crypto ??= /** @type {Crypto} */ (webcrypto);

export const AT = "2026-11-21T09:30:00.000Z";

/**
 * A post as the server sends it, and as a line of the history.
 * @param {number} seq
 * @param {Partial<Line>} [fields]
 */
export const post = (seq, fields = {}) => ({
  type: "message",
  seq,
  number: seq,
  kind: "post",
  author: "bob",
  text: `line ${seq}`,
  at: AT,
  ...fields,
});

/** Posts from one seq to another. @param {number} from @param {number} to */
export const posts = (from, to) =>
  Array.from({ length: Math.max(to - from + 1, 0) }, (_, index) => post(from + index));

/** The state that the server embeds in Alice's page of the lobby. @param {object} [fields] */
export const embedded = (fields = {}) => ({
  room: { name: "lobby", topic: "", kind: "open" },
  you: { name: "alice", role: "owner" },
  messages: [],
  more: false,
  last_seq: 0,
  last_number: 0,
  read_number: 0,
  epoch: "e1",
  members: [{ name: "alice", role: "owner", present: true }],
  commands: [],
  invitations: [],
  may: ["delete", "pin", "post", "react", "retract"],
  ...fields,
});

/** The store of that page, which renders nothing. @param {object} [fields] */
export const lobby = (fields) => createStore(initial(embedded(fields), AT), () => {});

/**
 * Reports what is on screen.
 * @param {Store} store
 * @param {number} lowest
 * @param {number} highest
 * @param {boolean} [atBottom]
 */
export const look = (store, lowest, highest, atBottom = false) =>
  store.dispatch({
    type: "viewed",
    view: { first: lowest, last: highest },
    seen: { lowest, highest },
    atBottom,
  });

/** Like local/storage.js, in memory. */
export function memoryStorage() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    kept,
    get: (/** @type {string} */ key) => kept.get(key) ?? null,
    set: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
    remove: (/** @type {string} */ key) => void kept.delete(key),
    keys: (/** @type {string} */ prefix) => [...kept.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** The value, which must be there. @template T @param {T} value @returns {NonNullable<T>} */
export function present(value) {
  if (value === null || value === undefined) throw new Error("nothing is there");
  return value;
}

/**
 * Replaces setTimeout and clearTimeout by a clock that the test moves, until the test ends. (That of
 * node:test differs between the versions of Node.)
 * @param {import("node:test").TestContext} context
 */
export function mockTimeouts(context) {
  /** @type {Map<number, {at: number, run: () => void}>} */
  const waiting = new Map();
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  let now = 0;
  let made = 0;
  const fake = {
    setTimeout: (/** @type {() => void} */ run, delay = 0) => {
      waiting.set((made += 1), { at: now + delay, run });
      return made;
    },
    clearTimeout: (/** @type {number} */ id) => void waiting.delete(id),
  };
  Object.assign(globalThis, fake);
  context.after(() => Object.assign(globalThis, real));
  return {
    /** Runs what is due within the next `ms` milliseconds, in order. @param {number} ms */
    tick(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...waiting].sort(([, one], [, other]) => one.at - other.at);
        if (!next || next[1].at > end) break;
        waiting.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].run();
      }
      now = end;
    },
  };
}
