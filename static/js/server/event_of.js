const LONGEST = 24 * 3600; // s that a page waits because it was asked to

/**
 * An event of the server. What the page decides by is of its type, or left out: nothing that is sent
 * waits for ever because of an answer that makes no sense.
 * @param {string} line JSON
 * @returns {any} null for what is no event
 */
export function eventOf(line) {
  let event;
  try {
    event = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof event?.type !== "string") return null;
  for (const name of ["nonce", "code", "text"]) if (typeof event[name] !== "string") delete event[name];
  if (!(event.retry_after >= 0 && event.retry_after <= LONGEST)) delete event.retry_after;
  return event;
}
