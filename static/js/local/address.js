/**
 * Where the site lies on its host: the path of AIOCHAT_PUBLIC_URL, like "/chat", and usually none. Scripts
 * name the site's own addresses, like "/rooms"; here they get the path, and lose it. What the server tells
 * has it already.
 */

/** Pages name it, and a service worker answers for what is below it. */
export const BASE =
  globalThis.document?.documentElement?.dataset?.base ??
  /** @type {any} */ (globalThis).registration?.scope?.replace(/^\w+:\/\/[^/]+|\/$/g, "") ??
  "";

/** An address as browsers need it. @param {string} path */
export const withBase = (path) => (path.startsWith("/") && !path.startsWith(`${BASE}/`) ? BASE + path : path);

/** The site's own address. @param {string} pathname as browsers have it */
export const withoutBase = (pathname) =>
  pathname.startsWith(`${BASE}/`) ? pathname.slice(BASE.length) : pathname;
