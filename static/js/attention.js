/** Where the reader looks: tells the store, sends the read mark, and puts the number of unread posts into the title. */

const READ_PAUSE = 1_000;

/**
 * @param {import("./store.js").Store} store
 * @param {(request: object) => boolean} send
 */
export function watchAttention(store, send) {
  const { state } = store;
  const title = document.title;
  let marked = state.readNumber;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let pause;

  const look = () => store.dispatch({ type: "attention", focused: document.visibilityState === "visible" && document.hasFocus() });
  for (const event of ["focus", "blur", "pageshow"]) addEventListener(event, look);
  document.addEventListener("visibilitychange", look);
  look();

  const mark = () => {
    if (pause || state.readNumber <= marked) return;
    if (!send({ type: "read", number: state.readNumber })) return;
    marked = state.readNumber;
    pause = setTimeout(() => {
      pause = undefined;
      mark();
    }, READ_PAUSE);
  };

  store.watch(["reading", "status"], () => {
    const unread = state.focused ? 0 : state.lastNumber - state.readNumber;
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
    mark();
  });
}
