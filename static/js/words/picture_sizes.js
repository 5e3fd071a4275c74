/** How large pictures are shown. chat/doors/message_files.py says the same, so that nothing moves. */

/** px of a picture that stands alone, and of a video. */
const BOX = { width: 400, height: 320 };
/** Of the thumbnails that a picture may have. */
const WIDTHS = [320, 640, 1280];
/** px of a picture among others, on the screen. */
const AMONG = 208;

/**
 * Within the box, never larger than it is.
 * @param {{width?: number|null, height?: number|null}} file
 * @returns {{width: number, height: number}}
 */
export function shownSize({ width, height }) {
  if (!width || !height) return { width: BOX.width, height: Math.floor((BOX.width * 9) / 16) };
  const scale = Math.min(1, BOX.width / width, BOX.height / height);
  const scaled = (/** @type {number} */ side) => Math.max(1, Math.floor(side * scale + 0.5));
  return { width: scaled(width), height: scaled(height) };
}

/**
 * The attributes that let the browser choose among the thumbnails.
 * @param {import("../state/types.js").SharedFile} file of the kind "picture"
 * @param {boolean} isAlone
 */
export function sourcesOf(file, isAlone) {
  const { thumbnail, width } = file;
  const base = (thumbnail ?? "").replace(/-\d+\.webp$/, "");
  const widths = WIDTHS.filter((one) => one === WIDTHS[0] || one <= (width ?? 0));
  return {
    src: thumbnail ?? "",
    srcset: widths.map((one) => `${base}-${one}.webp ${Math.min(one, width ?? one)}w`).join(", "),
    sizes: `${isAlone ? shownSize(file).width : AMONG}px`,
  };
}
