/** How the site is wanted in this browser: accounts/preferences.py has the choices, theme.js writes them. */

const COOKIE = /(?:^|; )preferences=([^;]*)/;

/** @param {string} cookie of the document @param {string} name @returns {string} empty for the usual */
export function preferenceIn(cookie, name) {
  const pairs = (COOKIE.exec(cookie)?.[1] ?? "").split(".");
  return pairs.find((pair) => pair.startsWith(`${name}:`))?.slice(name.length + 1) ?? "";
}

/** @param {string} name */
export const preference = (name) => preferenceIn(globalThis.document?.cookie ?? "", name);
