/** The part of the settings about this device: begins and ends its notifications. */
import { pushState, subscribe, unsubscribe } from "../server/push.js";

/** @param {ParentNode} within */
export function showDevice(within) {
  const box = /** @type {HTMLElement|null} */ (within.querySelector("#this-device"));
  if (!box) return;
  const { person = "", key = "" } = box.dataset;
  const on = /** @type {HTMLButtonElement} */ (box.querySelector("[data-push=on]"));
  const off = /** @type {HTMLButtonElement} */ (box.querySelector("[data-push=off]"));
  const failed = /** @type {HTMLElement} */ (box.querySelector("[data-state=failed]"));

  /** @param {import("../server/push.js").PushState} state */
  const show = (state) => {
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll("[data-state]")))
      one.hidden = one.dataset.state !== state;
    on.hidden = state !== "off";
    off.hidden = state !== "on";
    box.hidden = false;
  };

  /** @param {HTMLButtonElement} button @param {() => Promise<unknown>} work */
  const doing = (button, work) =>
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await work();
        const state = await pushState(person);
        show(state);
        // The list of all devices has changed.
        if (state === (button === on ? "on" : "off")) location.reload();
      } catch {
        failed.hidden = false;
      } finally {
        button.disabled = false;
      }
    });
  doing(on, () => subscribe(person, key));
  doing(off, () => unsubscribe(person));
  void pushState(person).then(show, () => show("unable"));
}
