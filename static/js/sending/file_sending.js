/**
 * The files of this page that are on their way: each begins when it is chosen, goes on in the outbox
 * when its message is sent, and across reloads. Two at a time; the others wait their turn.
 */
import { dropFile, dropFiles, dropOld, keepFile, keptFile } from "../local/kept_files.js";
import { t } from "../words/texts.js";
import { Upload } from "./upload.js";
import { transport } from "./upload_transport.js";

const AT_ONCE = 2;

/**
 * @typedef {import("../state/types.js").OutgoingFile} OutgoingFile
 * @typedef {(batch: string, key: string, changes: Partial<OutgoingFile>) => void} Changed
 */

/** @type {Map<string, Upload>} */
const uploads = new Map();
/** @type {Set<Changed>} */
const watchers = new Set();
/** @type {(() => void)[]} */
const queue = [];
let running = 0;

const nameOf = (/** @type {string} */ batch, /** @type {string} */ key) => `${batch} ${key}`;

/**
 * Calls `changed` after something of a file did.
 * @param {Changed} changed
 * @param {AbortSignal} signal the end of it
 */
export function watchFiles(changed, signal) {
  watchers.add(changed);
  signal.addEventListener("abort", () => watchers.delete(changed));
}

/** @param {Upload} upload @returns {Partial<OutgoingFile>} */
const stateOf = ({ id, state, sent, reason }) => ({ id: id ?? undefined, state, sent, reason });

/** @param {Upload} upload */
async function whenFree(upload) {
  if (running >= AT_ONCE) await new Promise((resolve) => queue.push(() => resolve(null)));
  running += 1;
  try {
    await upload.run();
  } finally {
    running -= 1;
    queue.shift()?.();
  }
}

/** A chosen one. @param {string} batch @param {OutgoingFile} file @param {Blob} blob */
export function keepAndSend(batch, file, blob) {
  void keepFile(batch, file.key, blob);
  start(batch, file, blob);
}

/** @param {string} batch @param {OutgoingFile} file @param {Blob} blob */
function start(batch, { key, name, id }, blob) {
  const tell = (/** @type {Upload} */ upload) => {
    if (uploads.get(nameOf(batch, key)) !== upload) return;
    for (const changed of watchers) changed(batch, key, stateOf(upload));
  };
  const upload = new Upload({ blob, name, id: id ?? null, transport, changed: tell });
  uploads.set(nameOf(batch, key), upload);
  tell(upload);
  void whenFree(upload);
}

/**
 * Sees to it that they are sent: what is on its way stays so, what an earlier page had begun goes on, and
 * what was refused is tried again.
 * @param {string} batch
 * @param {OutgoingFile[]} files
 */
export async function sendFiles(batch, files) {
  for (const file of files) {
    const known = uploads.get(nameOf(batch, file.key));
    if (known && known.state !== "refused" && known.id === (file.id ?? known.id)) {
      for (const changed of watchers) changed(batch, file.key, stateOf(known));
    } else if (file.state !== "ready") {
      const blob = known?.blob ?? (await keptFile(batch, file.key));
      if (blob) start(batch, { ...file, id: file.state === "refused" ? undefined : file.id }, blob);
      else tellMissing(batch, file.key);
    }
  }
}

/** @param {string} batch @param {string} key */
function tellMissing(batch, key) {
  const reason = t("This file isn’t in this browser any more. Choose it again.");
  for (const changed of watchers) changed(batch, key, { state: "refused", reason });
}

/** @param {string} batch @param {OutgoingFile} file @returns {Promise<Blob|null>} */
export const blobOf = async (batch, { key }) =>
  uploads.get(nameOf(batch, key))?.blob ?? (await keptFile(batch, key));

/** One isn't to be sent. @param {string} batch @param {OutgoingFile} file */
export function cancelFile(batch, file) {
  const name = nameOf(batch, file.key);
  const gone = { blob: new Blob(), name: file.name, id: file.id ?? null, transport, changed() {} };
  const upload = uploads.get(name) ?? new Upload(gone);
  uploads.delete(name);
  upload.cancel();
  void dropFile(batch, file.key);
}

/** None of a message's is to be sent. @param {string} batch @param {OutgoingFile[]} files */
export function cancelFiles(batch, files) {
  for (const file of files) cancelFile(batch, file);
}

/** Their message is there. @param {string} batch */
export function filesArrived(batch) {
  for (const name of uploads.keys()) if (name.startsWith(`${batch} `)) uploads.delete(name);
  void dropFiles(batch);
}

void dropOld();
