/**
 * How long a part of the page lives. What it began, listeners, timers and watchers, ends by one
 * call.
 */

export class Lifetime {
  #controller = new AbortController();
  /** @type {(() => void)[]} */ #undo = [];

  /** For addEventListener and the like: the listener ends with the lifetime. */
  get signal() {
    return this.#controller.signal;
  }

  get ended() {
    return this.signal.aborted;
  }

  /**
   * Remembers what is to be done at the end. It is done at once where the end has been.
   * @param {() => void} undo
   */
  add(undo) {
    if (this.ended) undo();
    else this.#undo.push(undo);
  }

  /** @param {{disconnect(): void}} observer */
  disconnect(observer) {
    this.add(() => observer.disconnect());
  }

  /** Ends it; the last that was added is undone first. A second call does nothing. */
  stop() {
    if (this.ended) return;
    this.#controller.abort();
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
