/** How uploads ask the server: by XMLHttpRequest, which tells how much of a part has left. */
import { withBase } from "../local/address.js";
import { changing } from "../server/http.js";

/** ms without a byte after which a request is given up. */
const SILENCE = 30_000;

/** @type {import("./upload.js").Transport} */
export const transport = {
  ask: (method, address, headers, body, { signal, progress }) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const answer = (/** @type {number} */ status) => {
        clearTimeout(silence);
        signal.removeEventListener("abort", abort);
        resolve({
          status,
          header: (name) => (status ? request.getResponseHeader(name) : null),
          body: jsonOf(request),
        });
      };
      const abort = () => request.abort();
      let silence = setTimeout(abort, SILENCE);
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(abort, SILENCE);
      };
      request.open(method, withBase(address));
      for (const [name, value] of Object.entries({ ...changing(), ...headers }))
        request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded }) => {
        heard();
        progress?.(loaded);
      };
      request.onload = () => answer(request.status);
      request.onerror = request.onabort = () => answer(0);
      signal.addEventListener("abort", abort);
      if (signal.aborted) answer(0);
      else request.send(body);
    }),

  wait: (ms, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        removeEventListener("online", end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      addEventListener("online", end);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    }),
};

/** @param {XMLHttpRequest} request */
function jsonOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null; // a page, or nothing
  }
}
