/**
 * What is kept of one's rooms, in IndexedDB. It belongs to one person: what anybody else keeps removes it,
 * and each change looks whose it is. Everything fails by a rejection where the browser keeps nothing.
 */
import { BASE } from "../local/address.js";
import { dropShared } from "../local/shared.js";
import { amended } from "./record.js";

const NAME = `aiochat${BASE}`;
const VERSION = 1;
/** Static files, which are nobody's. */
export const FILES = `aiochat-files${BASE}`;

export const MOST_ROOMS = 20;
/** For releases of the site, and languages: rooms seen long ago were made by older ones. */
const MOST_SHELLS = 3;
/** After so long without the server nothing is shown any more: a session lasts as long. */
const LONGEST = 30 * 24 * 3600_000;
/** What wasn't loaded anew for so long is forgotten: not every name in it is brought up to date. */
const OLDEST = 14 * 24 * 3600_000;

/**
 * @typedef {{person: string, csrf: string, at: number}} Owner `at`: when the server was last heard
 *
 * @typedef {object} Note of a room, apart from what is kept of it
 * @property {number} id
 * @property {string} name in its address
 * @property {string} title as one speaks of it
 * @property {string} shell the key of the shell that it was made with
 * @property {number} usedAt
 * @property {number} since when its oldest lines are kept
 * @property {number} lastSeq of its lines
 * @property {number} checkedSeq up to which changes of its lines are known
 * @property {string} epoch
 *
 * @typedef {object} Room
 * @property {number} id
 * @property {string} title of the document
 * @property {string} main its part of the document, without rows
 * @property {string} members the same
 * @property {any} state which the server embeds in its page, without lines
 * @property {import("./record.js").Lines} lines
 *
 * @typedef {{rooms: any[], invitations: any[]}} Site
 *
 * @typedef {object} Shell the document of a room's page without the room
 * @property {string[]} head text, and the name of what stands there, in turns
 * @property {string[]} body the same
 * @property {string} scripts elements
 * @property {Record<string, string>} headers of its answer
 * @property {string[]} files that it loads
 * @property {{title: string, text: string, again: string, list: string}} away says that something isn't kept
 * @property {string} lang
 *
 * @typedef {{room: number, last_seq: number, cleared_seq: number,
 *   changed: import("../state/types.js").Line[]}} Told of a room, by GET /kept
 */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @returns {Promise<IDBDatabase>} */
async function open() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const { result: database } = request;
    for (const name of database.objectStoreNames) database.deleteObjectStore(name);
    for (const name of ["about", "shells"]) database.createObjectStore(name);
    for (const name of ["notes", "rooms"]) database.createObjectStore(name, { keyPath: "id" });
  };
  const database = await result(request);
  database.onversionchange = () => database.close();
  return database;
}

/**
 * Runs `work` in one transaction over all, which is undone where it throws.
 * @template T
 * @param {"readonly"|"readwrite"} mode
 * @param {(store: (name: "about"|"shells"|"notes"|"rooms") => IDBObjectStore) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function within(mode, work) {
  const database = await open();
  try {
    const transaction = database.transaction(["about", "shells", "notes", "rooms"], mode);
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new Error("undone"));
    });
    ended.catch(() => {});
    try {
      const found = await work((name) => transaction.objectStore(name));
      await ended;
      return found;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // it has ended already
      }
      throw error;
    }
  } finally {
    database.close();
  }
}

/** What a change that isn't the owner's ends with. */
class NotOwner extends Error {}

/**
 * @template T
 * @param {string} person
 * @param {Parameters<typeof within<T>>[1]} work
 * @returns {Promise<T>}
 */
const asOwner = (person, work) =>
  within("readwrite", async (store) => {
    /** @type {Owner|undefined} */
    const owner = await result(store("about").get("whose"));
    if (owner?.person !== person) throw new NotOwner();
    return work(store);
  });

/** @param {IDBObjectStore} store */
const all = (store) => result(store.getAll());

/** Removes everything that is kept, also the files. */
export async function forget() {
  await Promise.all([
    globalThis.caches?.delete(FILES),
    dropShared(),
    within("readwrite", async (store) => {
      for (const name of /** @type {const} */ (["about", "shells", "notes", "rooms"])) store(name).clear();
    }),
  ]);
}

/**
 * From now on it is kept for this person, who is signed in: the server has just said so.
 * @param {string} person
 * @param {string} csrf the token of their pages
 */
export const claim = (person, csrf) =>
  within("readwrite", async (store) => {
    /** @type {Owner|undefined} */
    const owner = await result(store("about").get("whose"));
    if (owner?.person !== person)
      for (const name of /** @type {const} */ (["about", "shells", "notes", "rooms"])) store(name).clear();
    store("about").put({ person, csrf, at: Date.now() }, "whose");
  });

/** @returns {Promise<Owner|undefined>} */
export const whose = () => within("readonly", (store) => result(store("about").get("whose")));

/** Forgets all where it is kept for somebody else. @param {string} person */
export async function keepOnlyFor(person) {
  const owner = await whose();
  if (owner && owner.person !== person) await forget();
}

/** Forgets all where it is kept for this person. @param {string} person */
export async function forgetOf(person) {
  if ((await whose())?.person === person) await forget();
}

/** @returns {Promise<Note[]>} the latest used first */
export const notes = () => within("readonly", async (store) => byUse(await all(store("notes"))));

/** @param {Note[]} found */
const byUse = (found) => found.sort((a, b) => b.usedAt - a.usedAt);

/**
 * The lines that are kept of a room.
 * @param {number} id
 * @returns {Promise<{lines: import("./record.js").Lines, since: number, people: {name: string}[]}|null>}
 */
export const linesOf = (id) =>
  within("readonly", async (store) => {
    const [room, note] = await Promise.all([
      result(store("rooms").get(id)),
      result(store("notes").get(id)),
    ]);
    return room && note ? { lines: room.lines, since: note.since, people: room.state.people } : null;
  });

/**
 * @param {string} person
 * @param {Note} note
 * @param {Room} room
 * @param {Site} site
 */
export const keepRoom = (person, note, room, site) =>
  asOwner(person, async (store) => {
    /** @type {Note|undefined} */
    const known = await result(store("notes").get(note.id));
    // Another tab may be further, or knows what was taken away meanwhile.
    const isNewer = known && (known.lastSeq > note.lastSeq || known.checkedSeq > note.checkedSeq);
    if (isNewer && known.epoch === note.epoch) return;
    store("notes").put(note);
    store("rooms").put(room);
    store("about").put(site, "site");
    await prune(store);
  });

/** @param {string} person @param {number} id */
export const dropRoom = (person, id) =>
  asOwner(person, async (store) => {
    store("notes").delete(id);
    store("rooms").delete(id);
  });

/**
 * Leaves the latest rooms, of the latest shells.
 * @param {Parameters<Parameters<typeof within>[1]>[0]} store
 */
async function prune(store) {
  /** @type {Note[]} */
  const found = byUse(await all(store("notes")));
  const shells = [...new Set(found.map(({ shell }) => shell))].slice(0, MOST_SHELLS);
  const kept = found.slice(0, MOST_ROOMS).filter(({ shell }) => shells.includes(shell));
  for (const { id } of found.filter((note) => !kept.includes(note))) {
    store("notes").delete(id);
    store("rooms").delete(id);
  }
}

/** @param {string} key @returns {Promise<boolean>} */
export const hasShell = (key) =>
  within("readonly", async (store) => (await result(store("shells").count(key))) > 0);

/**
 * Keeps a shell; those that no room needs any more go.
 * @param {string} person
 * @param {string} key
 * @param {Shell} shell
 * @returns {Promise<string[]>} the files of all that are kept
 */
export const keepShell = (person, key, shell) =>
  asOwner(person, async (store) => {
    /** @type {Note[]} */
    const found = await all(store("notes"));
    for (const other of await result(store("shells").getAllKeys()))
      if (other !== key && !found.some((note) => note.shell === other)) store("shells").delete(other);
    store("shells").put(shell, key);
    return [...new Set((await all(store("shells"))).flatMap(({ files }) => files))];
  });

/**
 * What the server told of all rooms that are kept: a room of which it told nothing is forgotten.
 * @param {string} person
 * @param {Note[]} asked
 * @param {{epoch: string, rooms: Told[]}} told
 */
export const bringUpToDate = (person, asked, told) =>
  asOwner(person, async (store) => {
    for (const { id, checkedSeq } of asked) {
      /** @type {Note|undefined} */
      const note = await result(store("notes").get(id));
      const found = told.rooms.find(({ room }) => room === id);
      if (!note) continue;
      if (!found || told.epoch !== note.epoch || Date.now() - note.since > OLDEST) {
        store("notes").delete(id);
        store("rooms").delete(id);
        continue;
      }
      // Meanwhile a page may have kept it anew.
      if (note.checkedSeq !== checkedSeq) continue;
      if (found.changed.length || found.cleared_seq > checkedSeq) {
        /** @type {Room} */
        const room = await result(store("rooms").get(id));
        store("rooms").put({ ...room, lines: amended(room.lines, found) });
      }
      store("notes").put({ ...note, checkedSeq: Math.max(checkedSeq, found.last_seq) });
    }
  });

/**
 * @typedef {{owner: Owner, notes: Note[], site: Site}} Kept
 */

/**
 * What is there to be shown; null where nothing is. What is too old to be shown is removed.
 * @param {number} [now]
 * @returns {Promise<Kept|null>}
 */
export async function everything(now = Date.now()) {
  const found = await within("readonly", async (store) => {
    const about = store("about");
    const [owner, site] = await Promise.all([result(about.get("whose")), result(about.get("site"))]);
    return owner && site ? { owner, site, notes: byUse(await all(store("notes"))) } : null;
  });
  if (!found || now - found.owner.at <= LONGEST) return found;
  await forget();
  return null;
}

/**
 * @param {Note} note
 * @returns {Promise<{room: Room, shell: Shell}|null>}
 */
export const contentOf = (note) =>
  within("readonly", async (store) => {
    const [room, shell] = await Promise.all([
      result(store("rooms").get(note.id)),
      result(store("shells").get(note.shell)),
    ]);
    return room && shell ? { room, shell } : null;
  });
