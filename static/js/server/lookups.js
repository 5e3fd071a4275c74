/**
 * What completion needs from the server, requested while one types and cached: people beyond the
 * members, other rooms, emoji. Cached answers return at once. Later ones are told by a call, after
 * which the text is completed anew, so no answer to an earlier word is shown.
 */
import { recentEmoji, rememberEmoji } from "../local/recent_emoji.js";
import { recentsOf } from "../local/recents.js";
import { allEmoji } from "./emoji.js";
import { getJson } from "./http.js";
import { setNames } from "../words/names.js";

const PAUSE = 150; // ms of not typing before the server is asked
const AGAIN = 10_000; // ms after which what failed may be asked for again
const FRESH = 60_000; // ms after which an answer is asked for anew: somebody may have come, or a room
const KEPT = 200; // answers; the oldest go

/**
 * @typedef {{name: string, title?: string, status?: string, kind?: string, topic?: string,
 *   role?: string|null, found?: string}} Named `found`: the word for which the server found it
 */

/**
 * @typedef {{room: string, title: string, message: {number: number, author: string, at: string}, marked:
 *   string, folded?: boolean}} FoundMessage `marked`: HTML of the server's
 */

/**
 * Cached answers by word. Only the last word typed is requested.
 * @template T
 */
class Answers {
  /** @type {Map<string, {found: T[], at: number}>} */ #answers = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #pause;
  #failedAt = -Infinity;

  /** @param {(word: string) => Promise<T[]>} load @param {() => void} onAnswer */
  constructor(load, onAnswer) {
    this.load = load;
    this.onAnswer = onAnswer;
  }

  /** @param {string} typed @returns {T[]} what is here of it now */
  find(typed) {
    const word = typed.toLowerCase();
    clearTimeout(this.#pause);
    const answer = this.#answers.get(word);
    if (answer && performance.now() - answer.at < FRESH) return answer.found;
    if (performance.now() - this.#failedAt > AGAIN) this.#pause = setTimeout(() => this.#fetch(word), PAUSE);
    // Until then the answer before, or that to a shorter word; the caller filters it.
    for (let shorter = word; shorter; shorter = shorter.slice(0, -1)) {
      const before = this.#answers.get(shorter);
      if (before) return before.found;
    }
    return [];
  }

  stop() {
    clearTimeout(this.#pause);
  }

  /** @param {string} word */
  async #fetch(word) {
    try {
      this.#answers.set(word, { found: await this.load(word), at: performance.now() });
      if (this.#answers.size > KEPT)
        this.#answers.delete(/** @type {string} */ (this.#answers.keys().next().value));
      this.onAnswer();
    } catch {
      this.#failedAt = performance.now();
    }
  }
}

/**
 * People by a part of their names.
 * @param {() => void} onAnswer
 * @param {typeof getJson} [get]
 */
export const peopleLookup = (onAnswer, get = getJson) =>
  new Answers(async (word) => {
    const askedAt = performance.now();
    const { people } = await get(`/people?${new URLSearchParams({ q: word })}`);
    setNames(people, askedAt);
    return people;
  }, onAnswer);

/**
 * Rooms by a part of their titles and addresses, also of those that they had.
 * @param {() => void} onAnswer
 * @param {typeof getJson} [get]
 */
export const roomLookup = (onAnswer, get = getJson) =>
  new Answers(async (word) => {
    const { rooms } = await get(`/rooms?${new URLSearchParams({ q: word })}`);
    return rooms.map((/** @type {Named} */ room) => ({ ...room, found: word }));
  }, onAnswer);

/**
 * Messages by what is typed, the newest first.
 * @param {() => void} onAnswer
 * @param {typeof getJson} [get]
 * @returns {Answers<FoundMessage>}
 */
export const messageLookup = (onAnswer, get = getJson) =>
  new Answers(async (word) => {
    const { results } = await get(`/search?${new URLSearchParams({ q: word })}`);
    return results;
  }, onAnswer);

/** @typedef {import("../composing/completion.js").Known} Known */

/** @implements {Known} */
export class Lookups {
  /** @type {string[][]|null} */ #emoji = null;
  #emojiAskedAt = -Infinity;
  /** @type {Answers<Named>} */ #people;
  /** @type {Answers<Named>} */ #rooms;

  /**
   * @param {object} options
   * @param {typeof import("../local/storage.js").storage} options.storage
   * @param {string} options.user whose recent things they are
   * @param {() => void} options.onAnswer something new is here
   * @param {typeof getJson} [options.get]
   * @param {typeof allEmoji} [options.getEmoji]
   */
  constructor({ storage, user, onAnswer, get = getJson, getEmoji = allEmoji }) {
    this.onAnswer = onAnswer;
    this.getEmoji = getEmoji;
    this.recents = {
      person: recentsOf(storage, user, "person"),
      room: recentsOf(storage, user, "room"),
      command: recentsOf(storage, user, "command"),
    };
    this.#people = peopleLookup(onAnswer, get);
    this.#rooms = roomLookup(onAnswer, get);
  }

  /** @param {string} word */
  people(word) {
    return word ? this.#people.find(word) : [];
  }

  /** @param {string} word */
  rooms(word) {
    return word ? this.#rooms.find(word) : [];
  }

  emoji() {
    if (!this.#emoji && performance.now() - this.#emojiAskedAt > AGAIN) {
      this.#emojiAskedAt = performance.now();
      this.#loadEmoji();
    }
    return this.#emoji ?? [];
  }

  /** @param {import("../composing/completion.js").Kind} kind */
  ranks(kind) {
    return kind === "emoji"
      ? new Map(recentEmoji().map((emoji, index) => [emoji, index]))
      : this.recents[kind].ranks();
  }

  /** @param {import("../composing/completion.js").Proposal} item */
  use(item) {
    if (item.kind === "emoji") rememberEmoji(item.name);
    else this.recents[item.kind].use(item.name);
  }

  /** Cancels pending requests. */
  stop() {
    this.#people.stop();
    this.#rooms.stop();
  }

  async #loadEmoji() {
    const all = await this.getEmoji();
    if (!all.length) return; // no network: asked again in a while
    this.#emoji = all;
    this.onAnswer();
  }
}
