/** Reports to the store whether the page has the focus, and sends the read mark. */

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
    // Going back is sent at once: the reader asked for it, and a page that closes can't send it
    // later.
    const back = number < state.readKnown;
    if (pause && !back) return;
    if (!send(back ? { type: "read", number, back } : { type: "read", number })) return;
    store.dispatch({ type: "marked", number, back });
    clearTimeout(pause);
    pause = setTimeout(() => {
      pause = undefined;
      mark();
    }, READ_PAUSE);
  };
  // Sends what was read in the last second before the page closes.
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
