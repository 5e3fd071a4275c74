/**
 * What another program has shared with the app, until a room is chosen for it: in a cache of the browser,
 * which the service worker and the pages have in common.
 */
import { withBase, BASE } from "./address.js";

export const SHARED = `aiochat-shared${BASE}`;

const ABOUT = withBase("/share/about");

/** Bytes, files and characters: more isn't taken. */
const MOST_BYTES = 200 * 1024 * 1024;
const MOST_FILES = 10;
const MOST_TEXT = 10_000;
/** ms after which nobody waits for it any more. */
const LONGEST = 3600_000;

/** @typedef {{text: string, files: {name: string, type: string}[], at: number}} About */

/** @param {number} place */
const addressOf = (place) => withBase(`/share/file/${place}`);

/**
 * The words of a share: title, text and address, of which programs send any, and some twice.
 * @param {FormData} form
 */
export function textOf(form) {
  /** @type {string[]} */
  const texts = [];
  for (const name of "title text url".split(" ")) {
    const text = form.get(name);
    const words = typeof text === "string" ? text.trim() : "";
    if (!words || texts.some((other) => other.includes(words))) continue;
    texts.push(words);
  }
  const kept = texts.filter((text, place) => !texts.some((other, at) => at > place && other.includes(text)));
  return kept.join("\n").slice(0, MOST_TEXT);
}

/** In the place of what was shared before. @param {FormData} form */
export async function keepShared(form) {
  /** @type {File[]} */
  const files = [];
  let bytes = 0;
  for (const file of form.getAll("files")) {
    if (!(file instanceof File) || !file.size || files.length === MOST_FILES) continue;
    bytes += file.size;
    if (bytes <= MOST_BYTES) files.push(file);
  }
  await dropShared();
  const cache = await caches.open(SHARED);
  for (const [place, file] of files.entries())
    await cache.put(addressOf(place), new Response(file));
  /** @type {About} */
  const about = {
    text: textOf(form),
    files: files.map(({ name, type }) => ({ name, type })),
    at: Date.now(),
  };
  await cache.put(ABOUT, new Response(JSON.stringify(about)));
}

/** @returns {Promise<About|null>} null where nothing waits */
export async function lookAtShared() {
  if (!globalThis.caches || !(await caches.has(SHARED))) return null;
  const found = await (await caches.open(SHARED)).match(ABOUT);
  /** @type {About|null} */
  const about = found ? await found.json() : null;
  if (about && Date.now() - about.at <= LONGEST && (about.text || about.files.length)) return about;
  await dropShared();
  return null;
}

/** Takes it: nobody finds it afterwards. @returns {Promise<{text: string, files: File[]}|null>} */
export async function takeShared() {
  const about = await lookAtShared();
  if (!about) return null;
  const cache = await caches.open(SHARED);
  const files = await Promise.all(
    about.files.map(async ({ name, type }, place) => {
      const found = await cache.match(addressOf(place));
      return found ? [new File([await found.blob()], name, { type })] : [];
    }),
  );
  await dropShared();
  return { text: about.text, files: files.flat() };
}

export const dropShared = () => globalThis.caches?.delete(SHARED);
