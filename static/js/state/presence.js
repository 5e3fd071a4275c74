/**
 * Who is online: connected to the site, by any of their pages. It is the same for all rooms of the
 * page. What is told has a version, and the later one holds.
 */

/**
 * @typedef {import("./store.js").State} State
 * @typedef {import("./types.js").Topic} Topic
 * @typedef {{version: number, names?: string[], offline?: string[], whole?: boolean}} Online
 */

/**
 * @param {State} state
 * @param {string} name
 * @returns {boolean|undefined} undefined where nothing was told
 */
export const isOnline = ({ site }, name) => site.presence.get(name)?.online;

/**
 * @param {State} state
 * @param {number} version
 * @param {Iterable<string>} names
 * @param {boolean} online
 */
function note({ site, members }, version, names, online) {
  for (const name of names) {
    const known = site.presence.get(name);
    if (known && known.version > version) continue;
    site.presence.set(name, { online, version });
    const member = members.get(name);
    if (member && member.present !== online) members.set(name, { ...member, present: online });
  }
}

/** With whom one has a conversation of two. @param {State} state */
const contacts = ({ rooms }) =>
  [...rooms.values()].filter(({ kind }) => kind === "direct").map(({ title }) => title);

/**
 * The event `online`, and the same in the page.
 * @param {State} state
 * @param {Online} event
 * @returns {Topic[]}
 */
export function receiveOnline(state, { version, names = [], offline = [], whole = false }) {
  const online = new Set(names);
  note(state, version, online, true);
  note(state, version, whole ? contacts(state).filter((name) => !online.has(name)) : offline, false);
  return ["members", "rooms"];
}

/**
 * The event `viewing`: who has the room in front of them right now.
 * @param {State} state
 * @param {{names?: string[], gone?: string[], whole?: boolean}} event
 * @returns {Topic[]}
 */
export function receiveViewing(state, { names = [], gone = [], whole = false }) {
  if (whole) state.viewers.clear();
  for (const name of names) state.viewers.add(name);
  for (const name of gone) state.viewers.delete(name);
  return ["members"];
}

/**
 * The members of the room were loaded, as of a version. What was told since stays.
 * @param {State} state
 * @param {number} version
 */
export function noteMembers(state, version) {
  for (const { name, present } of [...state.members.values()]) {
    note(state, version, [name], present);
    const online = isOnline(state, name);
    if (online !== undefined && online !== present)
      state.members.set(name, { .../** @type {any} */ (state.members.get(name)), present: online });
  }
}
