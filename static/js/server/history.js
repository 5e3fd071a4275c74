/** The room over HTTP: pages of its history and its members. */
import { get } from "./http.js";

const PAGE = 50;
const OK = 200;
const RETRY = 3_000; // ms after which a page that failed may be asked for again

export class History {
  /** Counts requests: a page that replaces everything makes earlier ones void. */
  #turn = 0;
  #loading = false;
  #failedAt = -Infinity;
  #asking = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #retry;

  /** @param {import("../state/store.js").Store} store @param {string} base /rooms/{name} */
  constructor(store, base) {
    this.store = store;
    this.base = base;
  }

  /** Answers that come later are ignored. */
  stop() {
    this.#turn += 1;
    clearTimeout(this.#retry);
  }

  get loading() {
    return this.#loading;
  }

  get failed() {
    return this.#failedAt > -Infinity;
  }

  /**
   * What comes before the oldest line held; after a reset nothing is held, and that is the latest
   * page.
   */
  older() {
    const first = this.store.state.lines[0];
    return this.#page("older", first ? { before_seq: String(first.seq) } : {});
  }

  /** What comes after the newest line held. */
  later() {
    const last = this.store.state.lines.at(-1);
    return this.#page("later", last ? { after_seq: String(last.seq) } : {});
  }

  /** The first page of all in place of everything. */
  async beginning() {
    return (await this.#page("replaced", { after_seq: "0" })) === OK;
  }

  /** The latest page in place of everything. */
  async latest() {
    return (await this.#page("replaced", {})) === OK;
  }

  /**
   * The page around a post in place of everything.
   * @param {number} number
   * @returns {Promise<number>} the status: 200, 404 where there is no such post, 0 if nothing
   *   answered
   */
  around(number) {
    return this.#page("replaced", { around: String(number) });
  }

  /** The status with which the messages answer; 0 if nothing answers. */
  async status() {
    try {
      const answer = await get(`${this.base}/messages?limit=1`);
      // Sent on to the sign-in page is signed out, too.
      return answer.redirected ? 401 : answer.status;
    } catch {
      return 0;
    }
  }

  async members() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const askedAt = performance.now();
      const answer = await get(`${this.base}/members`);
      if (answer.ok) this.store.dispatch({ type: "members", askedAt, ...(await answer.json()) });
    } catch {
      // asked again with the next event
    } finally {
      this.#asking = false;
    }
  }

  /**
   * @param {"older"|"later"|"replaced"} what
   * @param {Record<string, string>} cursor
   * @returns {Promise<number>} 200 if the page is there; else the status, or 0
   */
  async #page(what, cursor) {
    const waits = this.#loading || performance.now() - this.#failedAt < RETRY;
    if (waits && what !== "replaced") return 0;
    const turn = (this.#turn += 1);
    this.#loading = true;
    const { resets, past: isPast } = this.store.state;
    const past = isPast ? "1" : "0";
    try {
      const answer = await get(
        `${this.base}/messages?${new URLSearchParams({ ...cursor, limit: String(PAGE), past })}`,
      );
      if (turn !== this.#turn) return 0;
      if (cursor.around && answer.status === 404) return answer.status;
      if (!answer.ok) throw new Error(`${answer.status}`);
      const page = await answer.json();
      if (turn !== this.#turn || resets !== this.store.state.resets) return 0;
      this.#failedAt = -Infinity;
      // Of a page after a seq `more` is what is newer.
      const isNewer = what === "replaced" && cursor.after_seq;
      this.store.dispatch({ ...page, ...(isNewer && { more: false, newer: page.more }), type: what });
      return OK;
    } catch {
      if (turn !== this.#turn) return 0;
      this.#failedAt = performance.now();
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.store.touch("timeline"), RETRY + 100);
      return 0;
    } finally {
      if (turn === this.#turn) {
        this.#loading = false;
        this.store.touch("timeline");
      }
    }
  }
}
