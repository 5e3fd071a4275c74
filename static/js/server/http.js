/** Requests over HTTP. The server answers with JSON, and a change carries the page's CSRF token. */
import { withBase } from "../local/address.js";

const ACCEPT = { Accept: "application/json" };

/**
 * @param {string} address
 * @param {AbortSignal} [signal] nobody waits for it any more
 * @returns {Promise<Response>} rejected without a connection
 */
export const get = (address, signal) => fetch(withBase(address), { headers: ACCEPT, signal });

/**
 * @param {string} address
 * @returns {Promise<any>} rejected without a connection, for a failure, and for a redirect, which
 *   leads to the sign-in page
 */
export async function getJson(address) {
  const answer = await get(address);
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
  return answer.json();
}

/**
 * @param {string} address
 * @param {BodyInit} [body]
 * @returns {Promise<Response>} rejected without a connection
 */
export const post = (address, body) =>
  fetch(withBase(address), { method: "POST", body, headers: changing() });

/**
 * A page of which a part is wanted: what the next page says once, it doesn't say.
 *
 * @param {string} address
 * @param {RequestInit} [how]
 * @returns {Promise<Response>} rejected without a connection
 */
export const getPart = (address, how) =>
  fetch(withBase(address), { ...how, headers: { Accept: "text/html", Purpose: "part" } });

/** The headers of whatever changes something. @returns {Record<string, string>} */
export function changing() {
  const token =
    /** @type {HTMLMetaElement|null} */ (document.querySelector("meta[name=csrf-token]"))?.content ?? "";
  return { ...ACCEPT, "X-CSRF-Token": token };
}
