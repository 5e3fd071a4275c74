/** What is kept of one room that the page has: it follows the room's events, and is stored now and then. */
import { titleWithSign } from "../words/names.js";
import { dropRoom, keepRoom, linesOf } from "./database.js";
import { bounded, follow, joined } from "./record.js";
import { withoutRows } from "./shell_page.js";

/** ms after which it is stored, */
const SOON = 2_000;
/** and between two of them: a busy room takes one storing for many messages. */
const BETWEEN = 8_000;
/** ms after something was taken away. */
const AT_ONCE = 200;
const CHANGES = new Set(["message", "caught_up", "changed", "cleared", "expired"]);
/** People besides members whose names are kept. */
const MOST_PEOPLE = 300;

export class KeptRoom {
  /** null while the page doesn't have the end of the history. @type {import("./record.js").Lines|null} */
  #lines;
  /** What was heard before older lines were joined, which have missed it. @type {{type: string}[]|null} */
  #missed = [];
  #since = Date.now();
  #usedAt = Date.now();
  #storedAt = -Infinity;
  /** What was stored. */ #stored = "";
  /** @type {import("./record.js").Lines|null} */ #storedLines = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;
  #main = "";
  #members = "";

  /** @param {import("../shell/shell.js").View} view @param {string} shell the key of its page's shell */
  constructor(view, shell) {
    this.view = view;
    this.shell = shell;
    const { kept, messages, more, newer, last_seq: lastSeq, epoch } = view.embedded;
    this.id = /** @type {number} */ (kept.room);
    this.person = /** @type {string} */ (kept.person);
    this.people = new Map(view.embedded.people.map((/** @type {{name: string}} */ one) => [one.name, one]));
    this.#lines = newer ? null : { lines: messages, lastSeq, more, epoch };
  }

  /** The person is in it now. */
  use() {
    this.#usedAt = Date.now();
  }

  /**
   * @param {{type: string}} event of the room
   * @returns {boolean} false where it changes lines that are kept and aren't here
   */
  heard(event) {
    this.#missed?.push(event);
    if (!this.#lines) return !["changed", "cleared", "expired"].includes(event.type);
    this.#lines = follow(this.#lines, event);
    return true;
  }

  /** Puts what is kept already before it. It is up to date: the server has just been asked. */
  async join() {
    const missed = this.#missed ?? [];
    if (!this.#missed) return;
    const found = await linesOf(this.id);
    this.#missed = null;
    if (!found || !this.#lines) return;
    for (const one of found.people) if (!this.people.has(one.name)) this.people.set(one.name, one);
    const [first] = this.#lines.lines;
    const whole = joined(this.#lines, found.lines);
    if (whole.lines[0] !== first || found.lines.lines[0]?.seq === first?.seq) this.#since = found.since;
    this.#lines = missed.reduce(follow, /** @type {import("./record.js").Lines|null} */ (whole));
  }

  /**
   * Stores it after a while, if the event has changed it.
   * @param {{type: string, deleted?: boolean}} event
   * @param {() => void} keep
   */
  keepSoon({ type, deleted }, keep) {
    if (!CHANGES.has(type)) return;
    const isUrgent = deleted || type === "cleared" || type === "expired";
    if (this.#timer !== undefined && !isUrgent) return;
    clearTimeout(this.#timer);
    const rest = this.#storedAt + BETWEEN - performance.now();
    this.#timer = setTimeout(keep, isUrgent ? AT_ONCE : Math.max(SOON, rest));
  }

  /** Nothing is stored later. */
  stop() {
    clearTimeout(this.#timer);
  }

  /** Stores it. What can't be stored as it is now isn't kept as it was, either. */
  async keep() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#takeFromPage();
    if (!this.#lines) return;
    const { site, readNumber } = this.view.room.store.state;
    const stored = `${this.#usedAt} ${readNumber}`;
    if (this.#storedLines === this.#lines && this.#stored === stored) return;
    this.#storedLines = this.#lines;
    this.#stored = stored;
    this.#storedAt = performance.now();
    try {
      await keepRoom(this.person, this.#note(this.#lines), this.#content(this.#lines), {
        rooms: [...site.rooms.values()],
        invitations: site.invitations,
      });
    } catch (error) {
      await this.drop();
      throw error;
    }
  }

  async drop() {
    this.stop();
    await dropRoom(this.person, this.id);
  }

  /** Older lines that the reader went to, or all where the page has the end again. */
  #takeFromPage() {
    const { lines, lastSeq, more, newer, epoch } = this.view.room.store.state;
    if (!this.#lines && !newer && lines.length) this.#lines = { lines: [...lines], lastSeq, more, epoch };
    if (!this.#lines) return;
    const last = lines.at(-1);
    if (last) this.#lines = joined(this.#lines, { lines, lastSeq: last.seq, more, epoch });
    this.#lines = bounded(this.#lines);
  }

  /** @param {import("./record.js").Lines} lines @returns {import("./database.js").Note} */
  #note({ lastSeq, epoch }) {
    const { id, shell, view } = this;
    const { room, address } = view.room.store.state;
    return {
      id,
      name: address || room.name,
      title: titleWithSign(room),
      shell,
      usedAt: this.#usedAt,
      since: this.#since,
      lastSeq,
      checkedSeq: lastSeq,
      epoch,
    };
  }

  /** @param {import("./record.js").Lines} lines @returns {import("./database.js").Room} */
  #content(lines) {
    const { embedded, room, title, served } = this.view;
    const { state } = room.store;
    this.#main ||= withoutRows(served.main).outerHTML;
    this.#members ||= withoutRows(served.members).outerHTML;
    const { messages, rooms, invitations, outcomes, held, ...fixed } = embedded;
    return {
      id: this.id,
      title,
      main: this.#main,
      members: this.#members,
      state: {
        ...fixed,
        room: { ...state.room, name: state.address || state.room.name },
        you: state.you,
        may: state.may,
        ignored: [...state.site.ignored],
        commands: state.commands,
        members: [...state.members.values()],
        people: [...this.people.values()].slice(0, MOST_PEOPLE),
        last_number: state.lastNumber,
        read_number: state.readNumber,
        times_back: state.timesBack,
      },
      lines,
    };
  }
}
