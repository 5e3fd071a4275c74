/** Long presses: on a touch screen what a right click is with a mouse. */

const LONG = 450; // ms
const STILL = 10; // px that a finger that stays may stray
/** The click that comes when the finger is lifted is none: for so many ms. */
const SWALLOWED = 700;

/**
 * @param {HTMLElement} area
 * @param {(target: HTMLElement) => boolean} held says whether it was for something
 * @param {import("../../dom/lifetime.js").Lifetime} lifetime
 */
export function watchLongPress(area, held, lifetime) {
  const { signal } = lifetime;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let from = { x: 0, y: 0 };
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let swallowing;
  const stop = () => clearTimeout(timer);
  lifetime.add(stop);
  lifetime.add(() => clearTimeout(swallowing));

  const swallow = (/** @type {Event} */ event) => {
    event.preventDefault();
    event.stopPropagation();
  };

  const press = (/** @type {PointerEvent} */ event) => {
    stop();
    if (event.pointerType !== "touch" || !event.isPrimary) return;
    from = { x: event.clientX, y: event.clientY };
    const target = /** @type {HTMLElement} */ (event.target);
    timer = setTimeout(() => {
      if (!held(target)) return;
      navigator.vibrate?.(10);
      addEventListener(
        "pointerup",
        () => {
          addEventListener("click", swallow, { capture: true, once: true, signal });
          const forget = () => removeEventListener("click", swallow, { capture: true });
          swallowing = setTimeout(forget, SWALLOWED);
        },
        { once: true, signal },
      );
    }, LONG);
  };
  const move = (/** @type {PointerEvent} */ { clientX, clientY }) => {
    if (Math.hypot(clientX - from.x, clientY - from.y) > STILL) stop();
  };
  area.addEventListener("pointerdown", press, { signal });
  area.addEventListener("pointermove", move, { signal });
  for (const event of ["pointerup", "pointercancel"]) addEventListener(event, stop, { signal });
  // The browser's own menu would cover ours.
  const open = (/** @type {MouseEvent} */ event) => {
    if (/** @type {PointerEvent} */ (event).pointerType === "touch") event.preventDefault();
  };
  area.addEventListener("contextmenu", open, { signal });
}
