/** The room over HTTP: pages of its history and its members. */

const JSON_PLEASE = { headers: { Accept: "application/json" } };
const PAGE = 50;
const RETRY = 3_000; // ms after which a page that failed may be asked for again

export class History {
  #loading = false;
  #failedAt = -Infinity;
  #asking = false;

  /** @param {import("./store.js").Store} store @param {string} base /rooms/{name} */
  constructor(store, base) {
    this.store = store;
    this.base = base;
  }

  get loading() {
    return this.#loading;
  }

  get failed() {
    return this.#failedAt > -Infinity;
  }

  /** What comes before the oldest line held; after a reset nothing is held, and that is the latest page. */
  older() {
    const first = this.store.state.lines[0];
    return this.#page("older", first ? { before_seq: String(first.seq) } : {});
  }

  /** What comes after the newest line held. */
  later() {
    const last = this.store.state.lines.at(-1);
    return this.#page("later", last ? { after_seq: String(last.seq) } : {});
  }

  latest() {
    return this.#page("latest", {});
  }

  /** The status with which the messages answer; 0 if nothing answers. */
  async status() {
    try {
      const answer = await fetch(`${this.base}/messages?limit=1`, JSON_PLEASE);
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
      const answer = await fetch(`${this.base}/members`, JSON_PLEASE);
      if (answer.ok) this.store.dispatch({ type: "members", ...(await answer.json()) });
    } catch {
      // asked again with the next event
    } finally {
      this.#asking = false;
    }
  }

  /**
   * @param {"older"|"later"|"latest"} what @param {Record<string, string>} cursor
   * @returns {Promise<boolean>} whether a page came
   */
  async #page(what, cursor) {
    if (this.#loading || performance.now() - this.#failedAt < RETRY) return false;
    this.#loading = true;
    const { resets } = this.store.state;
    try {
      const answer = await fetch(`${this.base}/messages?${new URLSearchParams({ ...cursor, limit: String(PAGE) })}`, JSON_PLEASE);
      if (!answer.ok) throw new Error(`${answer.status}`);
      const page = await answer.json();
      this.#failedAt = -Infinity;
      if (resets !== this.store.state.resets) return false;
      this.store.dispatch({ type: what, messages: page.messages, more: page.more });
      return true;
    } catch {
      this.#failedAt = performance.now();
      setTimeout(() => this.store.touch("timeline"), RETRY + 100);
      return false;
    } finally {
      this.#loading = false;
      this.store.touch("timeline");
    }
  }
}
