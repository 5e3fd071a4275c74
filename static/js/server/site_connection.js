/**
 * The one connection of a page: what is of no room, and the rooms that are entered over it, each with
 * the position from which it goes on. A room is entered again after every break.
 */
import { Connection, fullJitter, isFinal } from "./connection.js";
import { get } from "./http.js";

const SIGNED_OUT = 4503;
/** ms after which the connection is tested, where a room isn't answered. */
const SLOW = 10_000;
/** ms after which the room is asked for again. */
const UNANSWERED = 30_000;
/** ms to wait after an error that doesn't say how long. */
const PAUSE = 2_000;

/** Why a room isn't entered, as the banner knows it: a close code, or a status of HTTP. */
const REFUSALS = new Map([
  ["kicked", 4501],
  ["not_a_member", 403],
  ["not_found", 404],
]);

/** @typedef {"connecting"|"connected"|"offline"|"blocked"} Status */

/**
 * @typedef {object} Listener of what is of no room
 * @property {string} user whose page it is
 * @property {(event: any) => void} received
 * @property {(status: Status) => void} state
 * @property {(code: number, reason: string) => void} ended no way back; called at most once
 *
 * @typedef {object} RoomListener
 * @property {() => {since: number, epoch: string}} position where to go on
 * @property {(event: any) => void} received
 * @property {() => void} heard while the room is entered: something came over the connection
 * @property {(event: any) => void} refused an error about a frame whose room the server can't tell
 * @property {(status: "connecting"|"offline"|"blocked") => void} lost it isn't entered any more, for now
 * @property {(code: number, reason: string) => void} ended no way back; called at most once
 * @property {() => void} tick every few seconds while the room is entered
 */

/** A room over the connection, from `start` to `stop`. */
class RoomConnection {
  /** The room's id while it is entered. */
  id = "";
  attempt = 0;
  askedAt = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ retry;
  #site;

  /** @param {SiteConnection} site @param {string} name @param {RoomListener} listener */
  constructor(site, name, listener) {
    this.#site = site;
    this.name = name;
    this.listener = listener;
  }

  start() {
    this.#site.add(this);
  }

  /** Leaves the room; the listener isn't told. */
  stop() {
    this.#site.remove(this);
  }

  /** Sends a request, once. @param {object} request @returns {boolean} whether it was handed over */
  send(request) {
    return this.id !== "" && this.#site.send({ ...request, room: this.id });
  }

  probe() {
    this.#site.probe();
  }
}

/**
 * What a Connection is to this class.
 * @typedef {Pick<Connection, "start"|"stop"|"send"|"probe">} Wire
 */

/** @returns {Promise<number>} as `checkStatus` of a connection */
async function siteStatus() {
  try {
    const answer = await get("/rooms?only=own");
    // Sent on to the sign-in page is signed out, too.
    return answer.redirected ? 401 : answer.status;
  } catch {
    return 0;
  }
}

export class SiteConnection {
  /** @type {{code: number, reason: string}|null} */ ended = null;
  /** @type {Status} */ status = "connecting";
  /** All that are wanted. @type {Set<RoomConnection>} */ #rooms = new Set();
  /**
   * By name, those that are asked for and not answered; null where the room isn't wanted any more.
   * @type {Map<string, RoomConnection|null>}
   */
  #asked = new Map();
  /** By id. @type {Map<string, RoomConnection>} */ #entered = new Map();
  /** Ids of rooms that were left, and of which the server isn't told yet. @type {Set<string>} */
  #left = new Set();
  #now;

  /**
   * @param {Listener} listener
   * @param {(listener: import("./connection.js").Listener) => Wire} [connect]
   * @param {() => number} [now] ms
   */
  constructor(
    listener,
    connect = (told) => new Connection("/ws", told),
    now = () => performance.now(),
  ) {
    this.listener = listener;
    this.#now = now;
    this.wire = connect({
      received: (event, room) => (room ? this.#receivedOf(room, event) : this.#received(event)),
      state: (status) => this.#lost(status),
      ended: (code, reason) => this.#end(code, reason),
      checkStatus: siteStatus,
      tick: () => this.#tick(),
    });
  }

  start() {
    this.wire.start();
  }

  /** Closes it for good; nobody is told. */
  stop() {
    for (const room of this.#rooms) clearTimeout(room.retry);
    this.#rooms.clear();
    this.wire.stop();
  }

  /** @param {object} request @returns {boolean} whether it was handed over */
  send(request) {
    return this.wire.send(request);
  }

  probe() {
    this.wire.probe();
  }

  /** A room that isn't entered yet. @param {string} name @param {RoomListener} listener */
  room(name, listener) {
    return new RoomConnection(this, name, listener);
  }

  /** Enters the room, now and after every break. @param {RoomConnection} room */
  add(room) {
    if (this.ended) {
      room.listener.ended(this.ended.code, this.ended.reason);
      return;
    }
    this.#rooms.add(room);
    if (this.status === "connected") this.#enter(room);
  }

  /** Leaves the room. @param {RoomConnection} room */
  remove(room) {
    this.#rooms.delete(room);
    clearTimeout(room.retry);
    if (room.id) this.#forget(room, true);
    else if (this.#asked.get(room.name) === room) this.#asked.set(room.name, null);
    this.#exitLeft();
  }

  /** @param {RoomConnection} room */
  #enter(room) {
    clearTimeout(room.retry);
    this.#asked.set(room.name, room);
    room.askedAt = this.#now();
    this.send({ type: "enter", room: room.name, ...room.listener.position() });
  }

  /** @param {RoomConnection} room @param {boolean} [isLeft] and the server is to be told */
  #forget(room, isLeft = false) {
    this.#entered.delete(room.id);
    if (isLeft) this.#left.add(room.id);
    room.id = "";
  }

  /**
   * Tells the server of the rooms that were left, but for what is entered again. A room has several
   * names, so what is asked for may be one of them.
   */
  #exitLeft() {
    if ([...this.#asked.values()].some(Boolean)) return;
    for (const id of this.#left) if (!this.#entered.has(id)) this.send({ type: "exit", room: id });
    this.#left.clear();
  }

  /** @param {string} id @param {any} event of a room */
  #receivedOf(id, event) {
    this.#heard();
    if (event.type === "hello" && this.#asked.has(event.entered)) {
      const room = this.#asked.get(event.entered);
      this.#asked.delete(event.entered);
      if (room) {
        this.#entered.set(id, room);
        Object.assign(room, { id, attempt: 0 });
      } else {
        this.#left.add(id);
      }
      this.#exitLeft();
    }
    this.#entered.get(id)?.listener.received(event);
  }

  /** @param {any} event of no room */
  #received(event) {
    this.#heard();
    if (event.type === "hello") this.#greeted(event.you?.name);
    else if (event.type === "refused") this.#refused(event);
    else if (event.type === "closed") this.#closed(event);
    else if (event.type === "error") for (const room of this.#rooms) room.listener.refused(event);
    else this.listener.received(event);
  }

  #heard() {
    for (const room of this.#entered.values()) room.listener.heard();
  }

  /** @param {string} user */
  #greeted(user) {
    // Somebody else has signed in here: what was written on this page isn't theirs.
    if (user !== this.listener.user) {
      this.wire.stop();
      this.#end(SIGNED_OUT, "");
      return;
    }
    this.status = "connected";
    this.listener.state("connected");
    for (const room of this.#rooms) this.#enter(room);
  }

  /** @param {{room: string, code: string, text: string, retry_after?: number}} event */
  #refused({ room: name, code, text, retry_after: seconds }) {
    const room = this.#asked.get(name);
    this.#asked.delete(name);
    this.#exitLeft();
    if (!room) return;
    const final = REFUSALS.get(code);
    if (final === undefined) {
      this.#enterLater(room, seconds === undefined ? PAUSE : 1000 * seconds);
      return;
    }
    room.listener.received({ type: "error", code, text });
    this.#endRoom(room, final, "");
  }

  /** @param {{room: string, code: any}} event */
  #closed({ room: id, code }) {
    const room = this.#entered.get(id);
    if (!room) return;
    this.#forget(room);
    if (isFinal(code)) this.#endRoom(room, code, "");
    else this.#enterLater(room, 0);
  }

  /** @param {RoomConnection} room @param {number} wait ms, at least */
  #enterLater(room, wait) {
    room.listener.lost("connecting");
    room.retry = setTimeout(
      () => this.status === "connected" && this.#rooms.has(room) && this.#enter(room),
      wait + fullJitter(room.attempt),
    );
    room.attempt += 1;
  }

  /** @param {RoomConnection} room @param {number} code @param {string} reason */
  #endRoom(room, code, reason) {
    this.#rooms.delete(room);
    clearTimeout(room.retry);
    room.id = "";
    room.listener.ended(code, reason);
  }

  /** @param {Status} status */
  #lost(status) {
    this.status = status;
    this.#asked.clear();
    this.#entered.clear();
    this.#left.clear();
    this.listener.state(status);
    for (const room of this.#rooms) {
      room.id = "";
      clearTimeout(room.retry);
      room.listener.lost(status === "connected" ? "connecting" : status);
    }
  }

  /** @param {number} code @param {string} reason */
  #end(code, reason) {
    this.ended = { code, reason };
    this.status = "offline";
    for (const room of this.#rooms) this.#endRoom(room, code, reason);
    this.#entered.clear();
    this.listener.ended(code, reason);
  }

  #tick() {
    for (const room of this.#entered.values()) room.listener.tick();
    for (const room of this.#asked.values()) {
      const waited = room ? this.#now() - room.askedAt : 0;
      if (room && waited > UNANSWERED) this.#enter(room);
      else if (waited > SLOW) this.probe();
    }
  }
}
