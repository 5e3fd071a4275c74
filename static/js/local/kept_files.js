/**
 * The files that wait to be sent, kept in the browser (IndexedDB) until their message is there. Where
 * the browser doesn't let a page keep any, or has no room, they last as long as the page.
 */
import { BASE } from "./address.js";

const NAME = `aiochat-files${BASE}`;
const STORE = "files";
/** ms for which files that nobody asks for are kept. */
const OLDEST = 7 * 24 * 3600_000;

/** @typedef {{batch: string, key: string, at: number, blob: Blob}} Kept `batch` names its message */

/** @type {Map<string, Blob>} */
const here = new Map();
const nameOf = (/** @type {string} */ batch, /** @type {string} */ key) => `${batch} ${key}`;

/** @returns {Promise<IDBDatabase>} */
const open = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ["batch", "key"] });
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = request.onblocked = () => reject(request.error);
  });

/**
 * @template T
 * @param {"readonly"|"readwrite"} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T|undefined>} undefined where nothing can be kept
 */
async function within(mode, work) {
  let database;
  try {
    database = await open();
    const transaction = database.transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    return await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } catch {
    return undefined;
  } finally {
    database?.close();
  }
}

const all = (/** @type {string} */ batch) => IDBKeyRange.bound([batch], [batch, []]);

/** @param {string} batch @param {string} key @param {Blob} blob */
export async function keepFile(batch, key, blob) {
  here.set(nameOf(batch, key), blob);
  await within("readwrite", (store) => store.put({ batch, key, at: Date.now(), blob }));
}

/** @param {string} batch @param {string} key @returns {Promise<Blob|null>} */
export async function keptFile(batch, key) {
  const found = here.get(nameOf(batch, key));
  if (found) return found;
  const kept = /** @type {Kept|undefined} */ (await within("readonly", (store) => store.get([batch, key])));
  return kept?.blob ?? null;
}

/** @param {string} batch @param {string} key */
export async function dropFile(batch, key) {
  here.delete(nameOf(batch, key));
  await within("readwrite", (store) => store.delete([batch, key]));
}

/** Those of a message. @param {string} batch */
export async function dropFiles(batch) {
  for (const name of here.keys()) if (name.startsWith(`${batch} `)) here.delete(name);
  await within("readwrite", (store) => store.delete(all(batch)));
}

/** What no page has asked for in days. @param {number} [now] */
export async function dropOld(now = Date.now()) {
  const found = /** @type {Kept[]} */ ((await within("readonly", (store) => store.getAll())) ?? []);
  for (const { batch, key, at } of found) if (now - at > OLDEST) await dropFile(batch, key);
}

export const dropAll = () => {
  here.clear();
  return within("readwrite", (store) => store.clear());
};
