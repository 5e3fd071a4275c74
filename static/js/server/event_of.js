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
  // The code of a closed room is that with which its own socket would close.
  if (event.type === "closed") return event;
  for (const name of ["nonce", "code", "text"]) if (typeof event[name] !== "string") delete event[name];
  if (!(event.retry_after >= 0 && event.retry_after <= LONGEST)) delete event.retry_after;
  return event;
}

/**
 * What a frame of the person's socket holds: JSON objects, one a line, after the id of the room that
 * they are of, if they are of one.
 * @param {string} frame
 * @returns {{room: string, events: any[]}} `room` is empty where they are of none
 */
export function eventsOf(frame) {
  const [first, ...rest] = frame.split("\n");
  const isOfRoom = !first.startsWith("{");
  const lines = isOfRoom ? rest : [first, ...rest];
  return { room: isOfRoom ? first : "", events: lines.flatMap((line) => eventOf(line) ?? []) };
}
