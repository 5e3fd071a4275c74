/** Finds emoji by name, and the next one in a grid. Pure. */

/** @typedef {[emoji: string, name: string, shortcode: string]} Named */

const MOST_FOUND = 96; // twelve rows
const SKIN = /[\u{1f3fb}-\u{1f3ff}]/u;

/**
 * How well a name fits: lower is better, Infinity not at all.
 * @param {Named} one
 * @param {string[]} words
 */
function rank([, name, shortcode], words) {
  const names = `${name} ${shortcode.replaceAll("_", " ")}`.toLowerCase();
  const first = words.join("_");
  if (shortcode === first) return 0;
  if (!words.every((word) => names.includes(word))) return Infinity;
  if (shortcode.startsWith(first)) return 1;
  return words.every((word) => names.split(/[^\p{L}\p{N}]+/u).some((its) => its.startsWith(word))) ? 2 : 3;
}

/**
 * The emoji that match a text, best first: ":smi", "thumbs up", or an emoji itself. Skin tones only
 * where the text names them.
 * @param {Named[]} all
 * @param {string} query
 * @returns {string[]}
 */
export function findEmoji(all, query) {
  const words = query
    .toLowerCase()
    .split(/[\s:_-]+/)
    .filter(Boolean);
  if (!words.length) return [];
  const coloured = words.some((word) => "skin".startsWith(word) || "tone".startsWith(word));
  return all
    .flatMap((one, place) => {
      if (one[0] === query.trim()) return [{ emoji: one[0], rank: -1, place }];
      return SKIN.test(one[0]) && !coloured ? [] : [{ emoji: one[0], rank: rank(one, words), place }];
    })
    .filter((one) => one.rank < Infinity)
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .slice(0, MOST_FOUND)
    .map((one) => one.emoji);
}

/**
 * The place next to one in a grid with groups of any width, by arrow key; itself at the edges.
 * @param {{x: number, y: number}[]} places in reading order
 * @param {number} from
 * @param {string} key
 */
export function neighbour(places, from, key) {
  if (key === "ArrowRight") return Math.min(from + 1, places.length - 1);
  if (key === "ArrowLeft") return Math.max(from - 1, 0);
  const { x, y } = places[from];
  const down = key === "ArrowDown";
  const rows = places.map((place) => place.y).filter((its) => (down ? its > y : its < y));
  if (!rows.length) return from;
  const row = down ? Math.min(...rows) : Math.max(...rows);
  return places.reduce((best, place, index) => {
    if (place.y !== row) return best;
    return best < 0 || Math.abs(place.x - x) < Math.abs(places[best].x - x) ? index : best;
  }, -1);
}
