/**
 * The cards of links, under the text of a post. What a permalink of this site leads to is asked for here,
 * by who reads it: each sees of it what they may see at that moment.
 */
import { withoutBase } from "../../local/address.js";
import { preference } from "../../local/preferences.js";
import { getJson } from "../../server/http.js";
import { cloneElement, part } from "../../dom/template.js";
import { clockTime } from "../../words/dates.js";
import { shownName } from "../../words/names.js";
import { laterParts } from "./message.js";
import { setTabStops } from "./roving_focus.js";

const KEPT = 60_000; // ms for which a post that was asked for is shown again

/** @typedef {import("../../state/types.js").Line} Line */
/** @typedef {import("../../state/types.js").Preview} Preview */

/** @typedef {{title: string, author: string, at: string, text: string}} LinkedPost */

/** @type {Map<string, {until: number, post: Promise<LinkedPost|null>}>} */
const asked = new Map();

/** @param {string} url @returns {Promise<LinkedPost|null>} the post, where the reader may see it */
function linkedPost(url) {
  const known = asked.get(url);
  if (known && known.until > Date.now()) return known.post;
  const [, , room, number] = withoutBase(new URL(url, location.href).pathname).split("/");
  const query = new URLSearchParams({ room: decodeURIComponent(room), number });
  const post = getJson(`/previews/post?${query}`).then(
    (answer) => answer.post,
    () => null,
  );
  asked.set(url, { until: Date.now() + KEPT, post });
  return post;
}

/** @param {HTMLElement} card @param {Preview} preview */
function fillCard(card, { url, title = "", site = "", description = "", picture, width, height }) {
  part(card, "site").textContent = site;
  part(card, "title").textContent = title;
  part(card, "link").setAttribute("href", url);
  const text = part(card, "description");
  text.textContent = description;
  text.hidden = !description;
  const image = /** @type {HTMLImageElement|null} */ (part(card, "picture"));
  if (!picture) image?.remove();
  else if (image && image.getAttribute("src") !== picture)
    Object.assign(image, { width, height, src: picture });
}

/**
 * @param {HTMLElement} card hidden until there is something to show
 * @param {string} url
 * @param {import("../../room.js").Page} page
 */
async function fillPermalink(card, url, page) {
  const post = await linkedPost(url);
  if (!post || page.store.state.site.ignored.has(post.author)) return;
  const title = `${shownName(post.author)}, ${clockTime(post.at)}`;
  fillCard(card, { url, title, site: post.title, description: post.text });
  card.hidden = false;
}

/** @param {Preview} preview @param {import("../../room.js").Page} page */
function makeCard({ url, permalink }, page) {
  const card = cloneElement("preview");
  /** @type {HTMLDetailsElement} */ (card).open = preference("previews") !== "collapsed";
  part(card, "dismiss").dataset.url = url;
  if (permalink) {
    card.hidden = true;
    part(card, "link").removeAttribute("target");
    fillPermalink(card, url, page);
  }
  return card;
}

/**
 * Of a post that is shown, with what the server has put there.
 * @param {HTMLElement} node
 * @param {Line} line
 * @param {import("../../room.js").Page} page
 */
function fillPreviews(node, line, page) {
  const previews = (!line.deleted && line.previews) || [];
  let box = part(node, "previews");
  if (!previews.length) {
    box?.remove();
    return;
  }
  if (!box) {
    box = document.createElement("div");
    box.className = "previews";
    box.dataset.part = "previews";
    part(node, "bubble").after(box);
  }
  const { you, may } = page.store.state;
  const known = new Map(
    [.../** @type {HTMLCollectionOf<HTMLElement>} */ (box.children)].map((card) => [
      part(card, "dismiss").dataset.url ?? "",
      card,
    ]),
  );
  previews.forEach((preview, place) => {
    const card = known.get(preview.url) ?? makeCard(preview, page);
    known.delete(preview.url);
    if (!preview.permalink) fillCard(card, preview);
    part(card, "dismiss").hidden = line.author !== you.name && !may.includes("delete");
    if (box.children[place] !== card) box.insertBefore(card, box.children[place] ?? null);
  });
  for (const card of known.values()) card.remove();
}

/** From now on, in the room that is shown. @param {import("../../room.js").Page} page */
export function showPreviews(page) {
  laterParts[0] = (node, line) => fillPreviews(node, line, page);
  const lines = new Map(page.store.state.lines.map((line) => [String(line.number), line]));
  const rows = /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("#timeline > .message[data-number]")
  );
  for (const row of rows) {
    const line = lines.get(row.dataset.number ?? "");
    if (!line?.previews) continue;
    fillPreviews(row, line, page);
    setTabStops(row);
  }
}
