/**
 * What is written is stored or shown as not sent, each once and in the order of writing, whatever the
 * server answers, when, and how often the page is loaded anew.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { wellFormed } from "../../../static/js/sending/well_formed.js";
import { memoryStorage, mockTimeouts } from "../support.mjs";
import { COMMANDS, NOW, openOutbox } from "./outbox_page.mjs";

const SEEDS = 250;
const TURNS = 80;
const CODES = ["bad_json", "bad_frame", "bad_request", "rate_limited", "unavailable", "blocked", "?"];
/** What no server says. */
const ODD = [undefined, null, "", "x", 0, -1, 1.5, NaN, 1e300, "2", [], {}, true];
const TEXTS = ["plain", "half \ud83d emoji", "\udc00", "مرحبا 123", "\u200b", "/me waves", "e\u0301 👩‍👩‍👧"];

/** @param {number} seed @returns {(below: number) => number} the same numbers for the same seed */
function dice(seed) {
  let state = seed * 7919 + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** A server that stores each nonce once and answers as the dice have it. */
class Server {
  /** @type {Map<string, string>} */ stored = new Map();
  /** @type {string[]} */ order = [];
  /** @type {any[]} */ answers = [];
  read = 0;

  /**
   * @param {{nonce: string, text: string}[]} sent
   * @param {boolean} [isWell]
   * @param {(below: number) => number} [random]
   */
  take(sent, isWell = true, random = () => 0) {
    for (const { nonce, text } of sent.slice(this.read)) {
      assert.equal(this.stored.get(nonce) ?? text, text, "a nonce has one text");
      assert.equal(text, wellFormed(text));
      if (!this.order.includes(nonce)) this.order.push(nonce);
      if (isWell || random(3)) {
        this.stored.set(nonce, text);
        this.answers.push({ type: "receipt", nonce, seq: this.stored.size, number: this.stored.size });
      } else {
        this.answers.push({ type: "error", nonce, code: CODES[random(CODES.length)], text: "No." });
      }
    }
    this.read = sent.length;
  }
}

test("nothing that is written is lost, sent twice or out of order", (context) => {
  const clock = mockTimeouts(context);
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = dice(seed);
    const pick = (/** @type {any[]} */ among) => among[random(among.length)];
    const storage = memoryStorage();
    const server = new Server();
    /** @type {string[]} */ const written = [];
    let now = NOW;
    let page = openOutbox(storage);
    const hello = () =>
      page.server({ type: "hello", epoch: "e1", room: {}, you: { name: "alice" }, commands: COMMANDS });
    const reload = () => {
      page.outbox.stop();
      page = openOutbox(storage, { now });
      server.read = 0;
      page.outbox.restore();
      hello();
    };
    /** @type {(() => void)[]} */
    const moves = [
      () => {
        const text = `${pick(TEXTS)} ${written.length}`;
        if (page.outbox.post(text)) written.push(wellFormed(text));
      },
      () => server.take(page.sent, false, random),
      () => server.answers.length && page.server(server.answers.splice(random(server.answers.length), 1)[0]),
      () => server.answers.length && page.server(pick(server.answers)), // and once more later
      () => server.answers.splice(random(server.answers.length + 1), 1), // lost
      () => page.server({ type: pick(["error", "receipt", "notice", "?"]), nonce: pick(ODD) }),
      () => page.server({ type: "error", code: pick(ODD), text: pick(ODD), retry_after: pick(ODD) }),
      () => page.server({ type: "error", code: pick(CODES), text: "No." }),
      () => {
        page.line.connected = false;
        page.outbox.requeue();
      },
      () => {
        page.line.connected = true;
        hello();
      },
      reload,
      () => {
        now = page.line.now += random(20_000);
        clock.tick(random(3_000));
        page.outbox.tick();
      },
    ];
    for (let turn = 0; turn < TURNS; turn++) pick(moves)();
    // From here on the server is well again.
    page.line.connected = true;
    server.answers = [];
    reload();
    for (let turn = 0; turn < 2 * TURNS; turn++) {
      server.take(page.sent);
      for (const answer of server.answers.splice(0)) page.server(answer);
      clock.tick(60_000);
    }
    const stages = page.stages();
    assert.deepEqual(stages.filter((stage) => /: (waiting|sent)$/.test(stage)), [], `seed ${seed}`);
    const texts = [...server.stored.values()];
    const shown = page.store.state.pending.filter(({ stage }) => stage === "refused");
    const refused = shown.map(({ text }) => text);
    const lost = written.filter((text) => !texts.includes(text) && !refused.includes(text));
    assert.deepEqual(lost, [], `seed ${seed}`);
    assert.equal(new Set(texts).size, texts.length, `seed ${seed}: twice`);
    const inOrder = server.order.flatMap((nonce) => server.stored.get(nonce) ?? []);
    const places = inOrder.map((text) => written.indexOf(text));
    assert.deepEqual(places, places.toSorted((a, b) => a - b), `seed ${seed}: the order`);
  }
});
