/** Whether somebody looks at the page: tells the store, and sends the read mark. */

const READ_PAUSE = 1_000; // ms between two marks

/**
 * @param {import("../state/store.js").Store} store
 * @param {(request: object) => boolean} send
 * @param {import("../dom/lifetime.js").Lifetime} lifetime
 */
export function watchAttention(store, send, lifetime) {
  const { signal } = lifetime;
  const { state } = store;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let pause;

  const look = () =>
    store.dispatch({
      type: "attention",
      focused: document.visibilityState === "visible" && document.hasFocus(),
    });
  for (const event of ["focus", "blur", "pageshow"]) addEventListener(event, look, { signal });
  document.addEventListener("visibilitychange", look, { signal });
  look();

  const mark = () => {
    const number = state.readNumber;
    if (number === state.readKnown) return;
    // Backwards at once: it is what the reader asked for, and a page that is left has no second
    // chance.
    const back = number < state.readKnown;
    if (pause && !back) return;
    if (!send(back ? { type: "read", number, back } : { type: "read", number })) return;
    store.dispatch({ type: "marked", number, now: Date.now() });
    clearTimeout(pause);
    pause = setTimeout(() => {
      pause = undefined;
      mark();
    }, READ_PAUSE);
  };
  // What was read in the last second before one leaves.
  const finish = () => {
    clearTimeout(pause);
    pause = undefined;
    mark();
  };
  addEventListener("pagehide", finish, { signal });
  lifetime.add(() => {
    finish();
    clearTimeout(pause);
  });

  store.watch(["reading", "status"], mark, signal);
}
