/**
 * A video shows its first picture before it is played: once it is seen, the browser loads as much of it as
 * that takes. Of the many in a room the last seen keep theirs: browsers have room for some dozens.
 */

/** Videos of a page that keep what they have loaded. */
export const MOST = 24;

/** A moment, since some browsers draw nothing at the very beginning. */
const FIRST = "#t=0.001";

/** @type {Set<HTMLVideoElement>} the longest known first */
const drawn = new Set();
/** @type {WeakSet<Element>} */
const seen = new WeakSet();

/** Whether somebody plays it, or has. @param {HTMLVideoElement} video */
const isUsed = (video) => !video.paused || video.currentTime > 0.01;

const spares = () => Boolean(/** @type {any} */ (navigator).connection?.saveData);

/** @param {HTMLVideoElement} video */
function draw(video) {
  drawn.delete(video);
  drawn.add(video);
  if (video.preload !== "none" || isUsed(video) || spares()) return;
  const src = video.getAttribute("src") ?? "";
  // In this order it is asked for once.
  if (!src.includes("#")) video.src = src + FIRST;
  video.preload = "metadata";
  for (const one of drawn) {
    if (drawn.size <= MOST) return;
    if (seen.has(one) && one.isConnected) continue;
    drawn.delete(one);
    if (isUsed(one)) continue;
    one.preload = "none";
    one.load();
  }
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) seen.delete(target);
    else {
      seen.add(target);
      draw(/** @type {HTMLVideoElement} */ (target));
    }
  }
});

/** @param {ParentNode} node with videos in it */
export function drawVideos(node) {
  for (const video of node.querySelectorAll("video")) watcher.observe(video);
}
