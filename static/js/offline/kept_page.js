/** Pages of what is kept, for the service worker and for whoever goes from room to room. */
import { withBase } from "../local/address.js";
import { contentOf, everything } from "./database.js";
import { awayPage, placeIn, roomPage } from "./document.js";

/** @typedef {{html: string, headers: Record<string, string>}} Page */

/**
 * The page of a room, or of a post in it.
 * @param {string} pathname
 * @returns {Promise<Page|null>} null where it isn't kept
 */
export async function keptPage(pathname) {
  try {
    const place = placeIn(pathname);
    const kept = place && (await everything());
    const note = kept?.notes.find(({ name }) => name.toLowerCase() === place?.name);
    const content = note && (await contentOf(note));
    if (!kept || !content) return null;
    return { html: roomPage(kept, content, place?.number ?? null), headers: content.shell.headers };
  } catch {
    return null; // nothing is kept here
  }
}

/**
 * In the place of a page that isn't kept.
 * @param {string} address
 * @returns {Promise<Page|null>} null where nothing is kept at all
 */
export async function pageInstead(address) {
  try {
    const kept = await everything();
    const content = kept?.notes[0] && (await contentOf(kept.notes[0]));
    if (!kept || !content) return null;
    return { html: awayPage(kept, content.shell, address), headers: content.shell.headers };
  } catch {
    return null;
  }
}

/** The address of the room that was used last. @returns {Promise<string|null>} */
export async function latestRoom() {
  try {
    const [note] = (await everything())?.notes ?? [];
    return note ? withBase(`/rooms/${encodeURIComponent(note.name)}`) : null;
  } catch {
    return null;
  }
}
