/** A swipe of a finger from the edge of the screen at which lines begin, into it. */

const EDGE = 24; // px from the edge within which it begins
const FAR = 56; // px after which it counts

/**
 * @param {HTMLElement} area
 * @param {() => void} swiped
 * @param {AbortSignal} signal its end
 */
export function watchEdgeSwipe(area, swiped, signal) {
  /** @type {{x: number, y: number}|null} */
  let from = null;
  const inwards = () => (getComputedStyle(area).direction === "rtl" ? -1 : 1);
  /** px from the edge @param {Touch} touch */
  const depth = ({ clientX }) => (inwards() > 0 ? clientX : innerWidth - clientX);
  const begin = (/** @type {TouchEvent} */ { touches }) => {
    const [touch] = touches;
    from = touches.length === 1 && depth(touch) <= EDGE ? { x: touch.clientX, y: touch.clientY } : null;
  };
  const move = (/** @type {TouchEvent} */ { touches }) => {
    if (!from) return;
    const [touch] = touches;
    const across = (touch.clientX - from.x) * inwards();
    const along = Math.abs(touch.clientY - from.y);
    // What goes up or down scrolls.
    if (touches.length > 1 || along > Math.max(across, EDGE)) from = null;
    else if (across >= FAR) {
      from = null;
      swiped();
    }
  };
  area.addEventListener("touchstart", begin, { passive: true, signal });
  area.addEventListener("touchmove", move, { passive: true, signal });
  for (const end of ["touchend", "touchcancel"]) area.addEventListener(end, () => (from = null), { signal });
}
