/** A file on its way to the server: parts, breaks, refusals. The server is a small one in memory. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { PART, Upload } from "../../../static/js/sending/upload.js";

/** @typedef {import("../../../static/js/sending/upload.js").Transport} Transport */
/** @typedef {import("../../../static/js/sending/upload.js").Answer} Answer */

/**
 * @param {number} status
 * @param {Record<string, string>} [headers]
 * @param {any} [body]
 * @returns {Answer}
 */
const answer = (status, headers = {}, body = null) => ({
  status,
  header: (name) => headers[name] ?? null,
  body,
});

/** @typedef {{size: number, bytes: Uint8Array}} Begun */
/**
 * @typedef {object} Server
 * @property {Map<string, Begun>} uploads
 * @property {string[]} asked
 * @property {number[]} waits ms
 * @property {Record<number, Answer|null>} breaks answered instead, by the place among the requests
 * @property {any} found
 * @property {Transport} transport
 */

/** @returns {Server} */
function makeServer() {
  /** @type {Map<string, Begun>} */
  const uploads = new Map();
  /** @type {Server} */
  const server = {
    uploads,
    asked: [],
    waits: [],
    breaks: {},
    found: { ready: true, error: null },
    transport: {
      async ask(method, address, headers, body, { signal, progress }) {
        const place = server.asked.length;
        server.asked.push(`${method} ${address}`);
        assert.equal(headers["Tus-Resumable"], "1.0.0");
        if (place in server.breaks) {
          progress?.(10);
          return server.breaks[place] ?? answer(0);
        }
        if (signal.aborted) return answer(0);
        if (method === "POST") {
          const id = `u${uploads.size + 1}`;
          uploads.set(id, { size: Number(headers["Upload-Length"]), bytes: new Uint8Array() });
          return answer(201, { Location: `/uploads/${id}` });
        }
        const id = address.split("/").pop() ?? "";
        const upload = uploads.get(id);
        if (!upload) return answer(404);
        if (method === "DELETE") return answer(uploads.delete(id) ? 204 : 404);
        const offset = String(upload.bytes.length);
        if (method === "HEAD") return answer(200, { "Upload-Offset": offset });
        if (method === "GET") return answer(200, {}, server.found);
        if (headers["Upload-Offset"] !== offset) return answer(409);
        const both = new Blob([/** @type {any} */ (upload.bytes), /** @type {Blob} */ (body)]);
        upload.bytes = new Uint8Array(await both.arrayBuffer());
        progress?.(1);
        return answer(204, { "Upload-Offset": String(upload.bytes.length) });
      },
      async wait(ms) {
        server.waits.push(ms);
      },
    },
  };
  return server;
}

const BYTES = Uint8Array.from({ length: 2 * PART + 100 }, (_, place) => place % 251);

/** @param {ReturnType<typeof makeServer>} server @param {{bytes?: Uint8Array, id?: string}} [of] */
function makeUpload(server, { bytes = BYTES, id } = {}) {
  /** @type {string[]} */
  const states = [];
  const upload = new Upload({
    blob: new Blob([/** @type {any} */ (bytes)]),
    name: "отчёт.pdf",
    id,
    transport: server.transport,
    changed: ({ state }) => void (states.at(-1) !== state && states.push(state)),
  });
  return { upload, states };
}

test("a file goes in parts, and is looked at", async () => {
  const server = makeServer();
  const { upload, states } = makeUpload(server);
  await upload.run();
  assert.deepEqual(states, ["sending", "looking", "ready"]);
  assert.deepEqual(server.uploads.get("u1")?.bytes, BYTES);
  assert.deepEqual(server.asked, [
    "POST /uploads",
    ...Array.from({ length: 3 }, () => "PATCH /uploads/u1"),
    "GET /uploads/u1",
  ]);
});

test("a break costs the part under way alone", async () => {
  const server = makeServer();
  server.breaks = { 2: null, 3: null };
  const { upload, states } = makeUpload(server);
  await upload.run();
  assert.deepEqual(states, ["sending", "stalled", "sending", "looking", "ready"]);
  assert.deepEqual(server.uploads.get("u1")?.bytes, BYTES);
  assert.equal(server.uploads.size, 1);
  assert.equal(server.asked.filter((one) => one.startsWith("PATCH")).length, 4);
});

test("an answer that got lost is found out, and nothing is sent twice", async () => {
  const server = makeServer();
  const { ask } = server.transport;
  let isLost = false;
  server.transport.ask = async (method, ...others) => {
    const found = await ask(method, ...others);
    if (method !== "PATCH" || isLost) return found;
    isLost = true;
    return answer(0);
  };
  const { upload } = makeUpload(server);
  await upload.run();
  assert.equal(upload.state, "ready");
  assert.deepEqual(server.uploads.get("u1")?.bytes, BYTES);
});

test("one that an earlier page had begun goes on", async () => {
  const server = makeServer();
  server.uploads.set("u9", { size: BYTES.length, bytes: BYTES.slice(0, PART) });
  const { upload } = makeUpload(server, { id: "u9" });
  await upload.run();
  assert.equal(upload.state, "ready");
  assert.equal(server.asked[0], "HEAD /uploads/u9");
  assert.equal(server.asked.filter((one) => one.startsWith("PATCH")).length, 2);
});

test("one that the server knows no more begins anew", async () => {
  const server = makeServer();
  const { upload } = makeUpload(server, { id: "gone" });
  await upload.run();
  assert.equal(upload.state, "ready");
  assert.equal(upload.id, "u1");
});

test("the server says what is wrong", async () => {
  const tooLarge = makeServer();
  tooLarge.breaks = { 0: answer(413, {}, { error: { code: "too_big", text: "At most 50 MB." } }) };
  const first = makeUpload(tooLarge).upload;
  await first.run();
  assert.deepEqual([first.state, first.reason], ["refused", "At most 50 MB."]);

  const infected = makeServer();
  infected.found = { ready: false, error: "There is a virus in it." };
  const second = makeUpload(infected, { bytes: BYTES.slice(0, 5) }).upload;
  await second.run();
  assert.deepEqual([second.state, second.reason], ["refused", "There is a virus in it."]);
});

test("it waits as long as the server says", async () => {
  const server = makeServer();
  server.breaks = { 0: answer(429, { "Retry-After": "7" }), 1: answer(503) };
  const { upload } = makeUpload(server, { bytes: BYTES.slice(0, 5) });
  await upload.run();
  assert.deepEqual(server.waits, [7_000, 2_000]);
  assert.equal(upload.state, "ready");
});

test("one that isn't wanted any more goes from the server, too", async () => {
  const server = makeServer();
  const { upload } = makeUpload(server);
  upload.changed = () => upload.sent >= PART && upload.id && upload.cancel();
  await upload.run();
  assert.notEqual(upload.state, "ready");
  assert.equal(server.uploads.size, 0);
  assert.equal(server.asked.at(-1), "DELETE /uploads/u1");

  const early = makeUpload(server).upload;
  early.cancel();
  const before = server.asked.length;
  await early.run();
  assert.equal(server.asked.length, before);
});

test("a file that can't be read says so", async () => {
  const server = makeServer();
  const { upload } = makeUpload(server);
  const unreadable = { arrayBuffer: () => Promise.reject(new Error("NotReadable")) };
  upload.blob.slice = () => /** @type {any} */ (unreadable);
  await upload.run();
  assert.equal(upload.state, "refused");
  assert.match(upload.reason, /Choose it again/);
});
