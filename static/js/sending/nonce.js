/** A nonce names one request: sent twice, it is done once. */

/** @returns {string} 32 hexadecimal digits */
export function makeNonce() {
  // crypto.randomUUID needs a secure origin, and a chat at home may be plain http.
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
