/** Answers that are wrong, late, twice or missing: none of them keeps the outbox from going on. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { mockTimeouts } from "../support.mjs";
import { COMMANDS, openOutbox } from "./outbox_page.mjs";

test("an answer that names no nonce refuses what is sent, and the next goes on", () => {
  const { outbox, server, stages, texts, store } = openOutbox();
  for (const text of ["one", "two"]) outbox.post(text);
  server({ type: "error", code: "blocked", text: "Of something else." });
  assert.deepEqual(stages(), ["one: sent", "two: waiting"]);
  server({ type: "error", code: "bad_json", text: "This isn't JSON." });
  assert.deepEqual(stages(), ["one: refused", "two: sent"]);
  assert.equal(store.state.pending[0].reason, "This isn't JSON.");
  assert.deepEqual(texts(), ["one", "two"]);
});

test("what is never answered on a living connection is refused, and the next goes on", () => {
  const { outbox, server, sent, line, stages } = openOutbox();
  for (const text of ["one", "two"]) outbox.post(text);
  for (let turn = 0; turn < 3; turn++) {
    line.now += 16_000;
    outbox.tick();
  }
  assert.deepEqual(stages(), ["one: sent", "two: waiting"]);
  line.now += 16_000;
  outbox.tick();
  assert.deepEqual(stages(), ["one: refused", "two: sent"]);
  server({ type: "receipt", nonce: sent[0].nonce, seq: 1, number: 1 });
  assert.deepEqual(stages(), ["one: stored", "two: sent"], "an answer that is late is one");
});

test("a server that asks to wait has answered: what it leaves out later is sent again", (context) => {
  const clock = mockTimeouts(context);
  const { outbox, server, sent, line, stages } = openOutbox();
  outbox.post("one");
  for (let turn = 0; turn < 5; turn++) {
    server({ type: "error", nonce: sent[0].nonce, code: "rate_limited", text: "Slowly.", retry_after: 1 });
    clock.tick(2_000);
  }
  line.now += 16_000;
  outbox.tick();
  assert.deepEqual(stages(), ["one: sent"]);
  assert.equal(sent.length, 7);
});

test("no answer of any kind, in any order, or none, stops the outbox", (context) => {
  const clock = mockTimeouts(context);
  const codes = ["bad_json", "bad_request", "rate_limited", "unavailable", "forbidden", "nonce_reused", "?"];
  for (let seed = 1; seed <= 300; seed++) {
    let state = seed;
    const random = (/** @type {number} */ below) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const { outbox, server, sent, line, stages, store } = openOutbox();
    const nonce = () => (sent.length && random(4) ? sent[random(sent.length)].nonce : undefined);
    const code = () => codes[random(codes.length)];
    const hello = () =>
      server({ type: "hello", epoch: "e1", room: {}, you: { name: "alice" }, commands: COMMANDS });
    /** @type {(() => void)[]} */
    const moves = [
      () => outbox.post(`text ${random(1000)}`),
      () => outbox.post("/me waves"),
      () => server({ type: "receipt", nonce: nonce(), seq: 1, number: 1 }),
      () => server({ type: "error", nonce: nonce(), code: code(), text: "No.", retry_after: random(3) }),
      () => server({ type: "error", code: code(), text: "No." }),
      () => server({ type: "notice", nonce: nonce(), text: "Hm." }),
      () => server(/** @type {any} */ ({ type: "nobody knows this" })),
      () => {
        line.connected = false;
        outbox.requeue();
      },
      () => {
        line.connected = true;
        hello();
      },
      () => {
        line.now += random(20_000);
        clock.tick(random(3_000));
        outbox.tick();
      },
    ];
    for (let turn = 0; turn < 60; turn++) moves[random(moves.length)]();
    // From here on the server is well again.
    line.connected = true;
    hello();
    clock.tick(60_000);
    for (let turn = 0; turn < 100 && store.state.pending.some(({ stage }) => stage === "sent"); turn++)
      server({ type: "receipt", nonce: sent[sent.length - 1].nonce, seq: 1, number: 1 });
    assert.deepEqual(
      stages().filter((stage) => /: (waiting|sent)$/.test(stage)),
      [],
      `seed ${seed}`,
    );
  }
});
