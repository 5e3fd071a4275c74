/**
 * One file on its way to the server, by tus 1.0: in parts, so that a lost connection costs only the
 * part that was under way. It goes on by itself until it is there, refused or cancelled.
 */
import { withBase } from "../local/address.js";
import { t } from "../words/texts.js";
import { wellFormed } from "./well_formed.js";

/** Bytes of a part: some seconds on a slow line. */
export const PART = 1024 * 1024;
/** ms between two tries, at most. */
const LONGEST_WAIT = 30_000;
/** How often an upload that the server doesn't know any more begins anew. */
const MOST_BEGINNINGS = 3;
/** How often it is asked whether the file has been looked at: about ten minutes. */
const MOST_LOOKS = 300;

/**
 * What the server says.
 * @typedef {object} Answer
 * @property {number} status 0 without a connection
 * @property {(name: string) => string|null} header
 * @property {any} body JSON, or null
 */

/**
 * How it asks.
 * @typedef {object} Transport
 * @property {(method: string, address: string, headers: Record<string, string>, body: Blob|null,
 *   options: {signal: AbortSignal, progress?: (bytes: number) => void}) => Promise<Answer>} ask never
 *   rejected
 * @property {(ms: number, signal: AbortSignal) => Promise<void>} wait for so long, or for the network to
 *   come back
 */

/**
 * `waiting` for its turn, `stalled`: for the network or the server.
 * @typedef {import("../state/types.js").OutgoingFile["state"]} UploadState
 */

/** The server says no. */
class Refusal extends Error {}
/** It isn't wanted any more. */
class Cancelled extends Error {}

const base64 = (/** @type {string} */ text) =>
  btoa(String.fromCharCode(...new TextEncoder().encode(wellFormed(text))));

export class Upload {
  /** @type {UploadState} */ state = "waiting";
  /** Bytes that are there. */
  sent = 0;
  /** Why it was refused. */
  reason = "";
  /** The upload's at the server, once it is known. @type {string|null} */ id;
  #controller = new AbortController();
  #beginnings = 0;

  /**
   * @param {object} options
   * @param {Blob} options.blob
   * @param {string} options.name
   * @param {string|null} [options.id] of one that was begun before
   * @param {Transport} options.transport
   * @param {(upload: Upload) => void} options.changed called whenever something of it did
   */
  constructor({ blob, name, id = null, transport, changed }) {
    this.blob = blob;
    this.name = name;
    this.id = id;
    this.transport = transport;
    this.changed = changed;
  }

  /** Once: until it is ready, refused or cancelled; never rejected. @returns {Promise<void>} */
  async run() {
    if (this.#controller.signal.aborted) return;
    try {
      await this.#toTheEnd();
    } catch (error) {
      if (error instanceof Cancelled) return;
      this.reason =
        error instanceof Refusal ? error.message : t("This file can’t be read any more. Choose it again.");
      this.#become("refused");
    }
  }

  /** What is there of it at the server goes. */
  cancel() {
    this.#controller.abort();
    if (this.id) void this.#ask("DELETE", this.#address, {}, null, new AbortController().signal);
    this.id = null;
  }

  get #address() {
    return withBase(`/uploads/${this.id}`);
  }

  async #toTheEnd() {
    if (this.id) await this.#resume();
    for (;;) {
      if (this.#controller.signal.aborted) throw new Cancelled();
      if (!this.id) await this.#begin();
      else if (this.sent < this.blob.size) await this.#part();
      else if (await this.#look()) return;
    }
  }

  async #begin() {
    if ((this.#beginnings += 1) > MOST_BEGINNINGS) throw new Refusal(t("The server lost this file."));
    this.sent = 0;
    const answer = await this.#until("POST", "/uploads", {
      "Upload-Length": String(this.blob.size),
      "Upload-Metadata": `filename ${base64(this.name)}`,
    });
    this.id = (answer.header("Location") ?? "").split("/").pop() || null;
    this.#become("sending");
  }

  /** Where it was left. */
  async #resume() {
    const answer = await this.#until("HEAD", this.#address, {}, [404, 410]);
    if (answer.status !== 200 && answer.status !== 204) {
      this.id = null;
      return;
    }
    this.sent = Number(answer.header("Upload-Offset") ?? 0);
    this.#become("sending");
  }

  async #part() {
    const from = this.sent;
    // Read before: what was changed on the disk, or a folder, would look like a lost connection.
    const part = new Blob([await this.blob.slice(from, from + PART).arrayBuffer()]);
    const answer = await this.#ask(
      "PATCH",
      this.#address,
      { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(from) },
      part,
      this.#controller.signal,
      (bytes) => {
        this.sent = Math.min(from + bytes, from + part.size);
        this.#become("sending");
      },
    );
    if (answer.status === 204 || answer.status === 200) {
      this.sent = Number(answer.header("Upload-Offset") ?? from + part.size);
      this.#become("sending");
      return;
    }
    this.sent = from;
    if (isLater(answer.status)) {
      this.#become("stalled");
      await this.#wait(answer, 0);
    } else if (![404, 409, 410].includes(answer.status)) {
      throw refusalOf(answer);
    }
    await this.#resume();
  }

  /** @returns {Promise<boolean>} whether it was looked at, and is good */
  async #look() {
    this.#become("looking");
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      const { status, body } = await this.#until("GET", this.#address, {}, [404, 410]);
      if (status !== 200) {
        this.id = null;
        return false;
      }
      if (body?.error) throw new Refusal(body.error.text ?? body.error);
      if (body?.ready) {
        this.#become("ready");
        return true;
      }
      await this.#sleep(Math.min(500 * (looks + 1), 2_000));
    }
    throw new Refusal(t("The server didn’t get to this file."));
  }

  /**
   * Asks until there is an answer that says something.
   * @param {string} method
   * @param {string} address
   * @param {Record<string, string>} headers
   * @param {number[]} [others] statuses that say something, beside those of success
   */
  async #until(method, address, headers, others = []) {
    for (let tries = 0; ; tries += 1) {
      const answer = await this.#ask(method, address, headers, null, this.#controller.signal);
      if ((answer.status >= 200 && answer.status < 300) || others.includes(answer.status)) return answer;
      if (!isLater(answer.status)) throw refusalOf(answer);
      this.#become("stalled");
      await this.#wait(answer, tries);
    }
  }

  /**
   * @param {string} method
   * @param {string} address
   * @param {Record<string, string>} headers
   * @param {Blob|null} body
   * @param {AbortSignal} signal
   * @param {(bytes: number) => void} [progress]
   */
  async #ask(method, address, headers, body, signal, progress) {
    const all = { "Tus-Resumable": "1.0.0", ...headers };
    const answer = await this.transport.ask(method, address, all, body, { signal, progress });
    if (this.#controller.signal.aborted && signal === this.#controller.signal) throw new Cancelled();
    return answer;
  }

  /** @param {Answer} answer @param {number} tries */
  #wait(answer, tries) {
    const asked = 1_000 * Number(answer.header("Retry-After") ?? 0);
    return this.#sleep(asked || Math.min(LONGEST_WAIT, 1_000 * 2 ** tries));
  }

  /** @param {number} ms */
  async #sleep(ms) {
    await this.transport.wait(ms, this.#controller.signal);
    if (this.#controller.signal.aborted) throw new Cancelled();
  }

  /** @param {UploadState} state */
  #become(state) {
    this.state = state;
    this.changed(this);
  }
}

/** Whether the same may be answered otherwise later. @param {number} status */
const isLater = (status) => [0, 408, 429].includes(status) || (status >= 500 && status !== 507);

/** @param {Answer} answer */
const refusalOf = ({ status, body }) =>
  new Refusal(
    body?.error?.text ??
      (status === 413 ? t("This file is too large.") : t("The server doesn’t take this file.")),
  );
