/** A finger that stays: on a touch screen what a right click is with a mouse. */

const LONG = 450; // ms
const STILL = 10; // px that a finger that stays may stray
/** The click that comes when the finger is lifted is none: for so many ms. */
const SWALLOWED = 700;

/**
 * @param {HTMLElement} area
 * @param {(target: HTMLElement) => boolean} held says whether it was for something
 */
export function watchLongPress(area, held) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let from = { x: 0, y: 0 };
  const stop = () => clearTimeout(timer);

  const swallow = (/** @type {Event} */ event) => {
    event.preventDefault();
    event.stopPropagation();
  };

  area.addEventListener("pointerdown", (event) => {
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
          addEventListener("click", swallow, { capture: true, once: true });
          setTimeout(() => removeEventListener("click", swallow, { capture: true }), SWALLOWED);
        },
        { once: true },
      );
    }, LONG);
  });
  area.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (Math.hypot(clientX - from.x, clientY - from.y) > STILL) stop();
  });
  for (const event of ["pointerup", "pointercancel"]) addEventListener(event, stop);
  // The browser's own menu would cover ours.
  area.addEventListener("contextmenu", (event) => {
    if (/** @type {PointerEvent} */ (event).pointerType === "touch") event.preventDefault();
  });
}
