/**
 * The WebSocket of a person: connects, reconnects with full jitter, and detects a dead connection by
 * its silence. It knows frames and close codes, not what events mean.
 */
import { withBase } from "../local/address.js";
import { Lifetime } from "../dom/lifetime.js";
import { eventsOf } from "./event_of.js";

const SILENCE = 40_000; // the server pings every 25 s, but a page doesn't see those: ask after a while longer
const ANSWER = 10_000; // a ping or a connection attempt without an answer for so long is dead
const OFFLINE_ANSWER = 2_000; // where the browser says that there is no network
const TICK = 5_000;
/**
 * After so many failed attempts the status is requested by HTTP: a page can't see that of a refused
 * upgrade.
 */
const CHECK_AFTER = 3;
/** After so many answers of 200 in a row, and none to an upgrade, something on the way doesn't pass it on. */
const BLOCKED_AFTER = 3;

const FINAL = new Set([1002, 1007, 1009]);
/** @param {number} code 45xx: the server says not to come back */
export const isFinal = (code) => FINAL.has(code) || (code >= 4500 && code < 4600);

/**
 * A random wait in ms between 0 and min(10 s, 0.5 s x 2^attempt). It spreads reconnects after a
 * server is lost.
 * @param {number} attempt 0 for the first
 * @param {() => number} random
 */
export const fullJitter = (attempt, random = Math.random) => random() * Math.min(10_000, 500 * 2 ** attempt);

/**
 * @typedef {object} Listener
 * @property {(event: any, room: string) => void} received `room` is the id of the room that the event
 *   is of, empty where it is of none
 * @property {(state: "connecting"|"offline"|"blocked") => void} state blocked: the site answers,
 *   but no WebSocket comes about
 * @property {(code: number, reason: string) => void} ended no way back; called at most once
 * @property {() => Promise<number>} checkStatus the status with which the site answers; 0 if nothing
 *   answers
 * @property {() => void} tick every few seconds while connected
 */
export class Connection {
  /** @type {WebSocket|null} */ #socket = null;
  #attempt = 0;
  #greeted = false;
  #ended = false;
  #receivedAt = 0;
  #pinged = false;
  #checking = false;
  #answered = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #retry;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #probing;
  #lifetime = new Lifetime();

  /** @param {string} path @param {Listener} listener */
  constructor(path, listener) {
    this.path = path;
    this.listener = listener;
  }

  start() {
    const { signal } = this.#lifetime;
    const ticking = setInterval(() => this.#tick(), TICK);
    this.#lifetime.add(() => clearInterval(ticking));
    addEventListener("online", () => this.#retryNow(), { signal });
    // "offline" is no proof (a server on this very machine still answers), so test the connection.
    addEventListener("offline", () => this.probe(OFFLINE_ANSWER), { signal });
    const shown = () => document.visibilityState === "visible" && this.#retryNow();
    document.addEventListener("visibilitychange", shown, { signal });
    // A page in the back/forward cache has lost its socket.
    addEventListener("pageshow", (event) => event.persisted && this.#retryNow(), { signal });
    this.listener.state("connecting");
    this.#connect();
  }

  /** Closes it for good; the listener isn't told. */
  stop() {
    this.#ended = true;
    this.#greeted = false;
    this.#lifetime.stop();
    clearTimeout(this.#retry);
    clearTimeout(this.#probing);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /**
   * Sends a request if the server has greeted.
   * @param {object} request
   * @returns {boolean} whether it was handed over
   */
  send(request) {
    if (!this.#greeted || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(request));
    return true;
  }

  #connect() {
    clearTimeout(this.#retry);
    if (this.#ended || this.#socket) return;
    const url = new URL(withBase(this.path), location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    // Not every browser sends Accept-Language with a handshake.
    const { lang: language } = document.documentElement;
    url.search = new URLSearchParams({ language }).toString();
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#receivedAt = performance.now();
    this.#pinged = false;
    socket.onmessage = ({ data }) => this.#socket === socket && this.#read(data);
    socket.onclose = ({ code, reason }) => this.#socket === socket && this.#lost(code, reason);
  }

  /** @param {string} frame */
  #read(frame) {
    this.#receivedAt = performance.now();
    this.#pinged = false;
    const { room, events } = eventsOf(frame);
    for (const event of events) {
      if (event.type === "hello" && !room) {
        this.#greeted = true;
        this.#attempt = 0;
        this.#answered = 0;
      }
      try {
        this.listener.received(event, room);
      } catch (error) {
        // The next one may be an answer that somebody waits for.
        reportError(error);
      }
    }
  }

  /** @param {number} code @param {string} reason */
  #lost(code, reason) {
    const greeted = this.#greeted;
    this.#socket = null;
    this.#greeted = false;
    if (isFinal(code)) {
      this.#end(code, reason);
      return;
    }
    // A short break (a restart) shows as connecting; only when the first way back fails, too, is it
    // offline.
    this.listener.state(greeted ? "connecting" : this.#away());
    this.#retry = setTimeout(() => this.#connect(), fullJitter(this.#attempt));
    this.#attempt += 1;
    if (!greeted && this.#attempt >= CHECK_AFTER) this.#checkAccess();
  }

  async #checkAccess() {
    if (this.#checking) return;
    this.#checking = true;
    const status = await this.listener.checkStatus();
    this.#checking = false;
    if (this.#greeted || this.#ended) return;
    if (status === 401 || status === 403 || status === 404) this.#end(status, "");
    this.#answered = status === 200 ? this.#answered + 1 : 0;
    if (this.#answered === BLOCKED_AFTER) this.listener.state(this.#away());
  }

  #away() {
    return this.#answered < BLOCKED_AFTER ? "offline" : "blocked";
  }

  /** @param {number} code @param {string} reason */
  #end(code, reason) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#socket?.close();
    this.#socket = null;
    this.listener.ended(code, reason);
  }

  /** The network may be back: connect now, or test the connection. */
  #retryNow() {
    if (this.#socket) {
      this.probe();
      return;
    }
    this.#attempt = 0;
    this.#connect();
  }

  #tick() {
    const silent = performance.now() - this.#receivedAt;
    if (!this.#greeted) {
      if (this.#socket && silent > ANSWER) this.#drop();
      return;
    }
    // An answer may still have come through while the network went.
    if (!navigator.onLine) this.probe(OFFLINE_ANSWER);
    else if (silent > SILENCE) this.probe();
    this.listener.tick();
  }

  /**
   * Sends a ping, and drops the connection without an answer.
   * @param {number} patience ms
   */
  probe(patience = ANSWER) {
    const socket = this.#socket;
    if (this.#pinged || !this.send({ type: "ping" })) return;
    this.#pinged = true;
    clearTimeout(this.#probing);
    const check = () => this.#pinged && this.#socket === socket && this.#drop();
    this.#probing = setTimeout(check, patience);
  }

  /** Drops a dead socket at once: its own close would wait for an answer that doesn't come. */
  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    socket.onclose = socket.onmessage = null;
    socket.close();
    this.#lost(1006, "");
  }
}
