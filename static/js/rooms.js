/** The page of rooms: shows invitations that come or go while it is open. */
import { getJson, getPart } from "./server/http.js";

const EVERY = 15_000; // ms, while the page is visible

const box = /** @type {HTMLElement} */ (document.getElementById("invitations-box"));
let shown = box.dataset.shown ?? "";

async function refresh() {
  // What has the focus isn't taken away.
  if (document.hidden || box.contains(document.activeElement)) return;
  try {
    const { invitations } = await getJson("/rooms?only=own");
    const now = invitations.map((/** @type {{name: string, at: string}} */ one) => `${one.name} ${one.at}`);
    if (now.join("\n") === shown) return;
    const page = await (await getPart("/rooms")).text();
    const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("invitations-box");
    if (!fresh || box.contains(document.activeElement)) return;
    shown = fresh.dataset.shown ?? "";
    box.replaceChildren(...document.importNode(fresh, true).childNodes);
  } catch {
    // as it was, until the next time
  }
}

setInterval(refresh, EVERY);
document.addEventListener("visibilitychange", refresh);
addEventListener("pageshow", (event) => event.persisted && refresh());
