/**
 * Proposes a handle while somebody types their name into the form of registration. One that they
 * typed themselves stays.
 */
import { getJson } from "../server/http.js";

const PAUSE = 300; // ms of not typing before the server is asked

const name = /** @type {HTMLInputElement|null} */ (document.querySelector("input[name=display_name]"));
const handle = /** @type {HTMLInputElement|null} */ (document.querySelector("input[name=username]"));

/** @param {HTMLInputElement} name @param {HTMLInputElement} handle */
function watch(name, handle) {
  // What stands in the field already is the server's proposal, or the person's own.
  let proposed = "";
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let pause;
  async function propose() {
    const typed = name.value;
    try {
      const query = new URLSearchParams({ display_name: typed });
      const found = typed.trim() ? (await getJson(`/accounts/handle?${query}`)).handle : "";
      if (name.value !== typed || handle.value !== proposed) return;
      handle.value = proposed = found;
    } catch {
      // The server proposes one when the form is sent.
    }
  }
  name.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(propose, PAUSE);
  });
}

if (name && handle) watch(name, handle);
