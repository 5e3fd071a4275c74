/**
 * The feed, a post's page and somebody's posts, live: forms are sent without leaving the page, and
 * events arrive by /feed/events. Without this module the forms work by themselves.
 */
import { withBase } from "../local/address.js";
import { shortTime } from "../words/dates.js";
import { DELETED, handleBeside, renameCount, setNames, shownName } from "../words/names.js";
import {
  attachPicker,
  bodyOf,
  dropPicked,
  openPictures,
  pickedFiles,
  showPictures,
} from "./post_pictures.js";
import { keepText, keepTexts } from "./kept_texts.js";
import { post } from "../server/http.js";
import { askNames } from "../server/people_names.js";
import { makeNonce } from "../sending/nonce.js";
import { cloneElement, part } from "../dom/template.js";
import { showToast } from "../dom/toasted.js";
import { hideSpoilers, nameMentions, openSpoilers } from "../words/rich_text.js";
import { n, t } from "../words/texts.js";

/**
 * @typedef {{id: number, author: string, author_name: string, author_picture: number, text: string,
 *   html: string, at: string, edited_at: string|null}} Written
 */
/**
 * @typedef {Written & {likes: number, comments: number, liked?: boolean, pictures:
 *   import("./post_pictures.js").Picture[]}} Post
 */
/** @typedef {Written & {post: number}} Comment */

const page = /** @type {HTMLElement} */ (document.querySelector("#feed, #post-page, #person-posts"));
const me = page.dataset.user;
const onlyPost = page.dataset.postId;
const list = document.querySelector("#posts");
const commentList = document.querySelector("#comment-list");
const newButton = /** @type {HTMLButtonElement|null} */ (document.querySelector("#new-posts"));

const FAILED = t("That didn’t work. Please try again.");

/** Posts that came and aren't shown yet, oldest first. @type {Map<number, Post>} */
const waiting = new Map();

/** @param {number} id @returns {HTMLElement|null} */
const shownPost = (id) => document.querySelector(`[data-post="${id}"]`);
/** @param {number} id @returns {HTMLElement|null} */
const shownComment = (id) => document.querySelector(`[data-comment="${id}"]`);

/** @param {HTMLAnchorElement} link @param {string} author */
function nameAuthor(link, author) {
  link.dataset.person = author;
  link.title = handleBeside(author);
  /** @type {HTMLElement} */ (link.firstElementChild).textContent = shownName(author);
}

/** Hides what is to be hidden, and calls people by their names. @param {HTMLElement} root */
function enrich(root) {
  hideSpoilers(root);
  nameMentions(root);
  askNames()
    .then(() => nameMentions(page))
    .catch(() => {}); // handles, until something else is shown
}

/**
 * What is told of an author's name holds for all that the page shows of them.
 * @param {{author: string, author_name: string}} written
 */
function noteName({ author, author_name: display_name }) {
  const before = renameCount();
  setNames([{ name: author, display_name }]);
  if (renameCount() === before) return;
  nameMentions(page);
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (page.querySelectorAll("a.author")))
    if (link.dataset.person === author) nameAuthor(link, author);
}

/**
 * What a post and a comment have in common.
 * @param {HTMLElement} element
 * @param {Written} written
 * @param {string} address
 */
function fill(element, written, address) {
  const author = /** @type {HTMLAnchorElement} */ (part(element, "author"));
  noteName(written);
  const face = part(element, "face").querySelector("img");
  const source = withBase(
    `/users/${encodeURIComponent(written.author)}/picture?size=64&v=${written.author_picture}`,
  );
  if (written.author === DELETED) face?.remove();
  else if (face && face.getAttribute("src") !== source) face.src = source;
  if (written.author === DELETED) author.removeAttribute("href");
  else author.href = withBase(`/users/${encodeURIComponent(written.author)}`);
  nameAuthor(author, written.author);
  const time = /** @type {HTMLTimeElement} */ (part(element, "when").firstElementChild);
  time.dateTime = written.at;
  time.textContent = shortTime(written.at);
  part(element, "edited").hidden = !written.edited_at;
  // Rendered and sanitised by the server.
  part(element, "text").innerHTML = written.html;
  enrich(part(element, "text"));
  part(element, "text").hidden = !written.text;
  // An administrator may remove what others wrote.
  const moderation = /** @type {HTMLFormElement|null} */ (part(element, "moderation"));
  if (moderation) moderation.action = `${address}/delete`;
  if (written.author === me) moderation?.remove();
  const own = part(element, "own");
  if (!own) return;
  if (written.author !== me) {
    own.remove();
    return;
  }
  for (const name of ["edit", "delete"])
    /** @type {HTMLFormElement} */ (part(own, name)).action = `${address}/${name}`;
  const box = own.querySelector("textarea");
  if (box && box !== document.activeElement) box.value = written.text;
}

/** @param {Post} post */
function postElement(post) {
  const element = cloneElement("post");
  const address = withBase(`/feed/${post.id}`);
  element.id = `post-${post.id}`;
  element.dataset.post = String(post.id);
  /** @type {HTMLAnchorElement} */ (part(element, "when")).href = address;
  /** @type {HTMLAnchorElement} */ (part(element, "discuss")).href = `${address}#comments`;
  /** @type {HTMLFormElement} */ (part(element, "like")).action = `${address}/like`;
  fill(element, post, address);
  showPictures(element, post.pictures);
  attachPickers(element);
  showCounts(post.id, post, element);
  return element;
}

/** @param {Comment} comment */
function commentElement(comment) {
  const element = cloneElement("comment");
  element.id = `comment-${comment.id}`;
  element.dataset.comment = String(comment.id);
  /** @type {HTMLAnchorElement} */ (part(element, "when")).href = `#comment-${comment.id}`;
  fill(element, comment, withBase(`/feed/${comment.post}/comments/${comment.id}`));
  return element;
}

/**
 * @param {number} id
 * @param {{likes?: number, comments?: number, liked?: boolean}} counts
 * @param {HTMLElement|null} element
 */
function showCounts(id, { likes, comments, liked }, element = shownPost(id)) {
  if (!element) return;
  if (likes !== undefined) part(element, "likes").textContent = String(likes);
  if (comments !== undefined) part(element, "comments").textContent = String(comments);
  if (liked === undefined) return;
  const form = /** @type {HTMLFormElement} */ (part(element, "like"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  form.action = withBase(`/feed/${id}/${liked ? "unlike" : "like"}`);
  button.setAttribute("aria-pressed", String(liked));
  /** @type {HTMLElement} */ (button.firstElementChild).textContent = liked ? "♥" : "♡";
}

/** Puts a post where it belongs: the newest first. @param {Post} post */
function showPost(post) {
  waiting.delete(post.id);
  const shown = shownPost(post.id);
  if (shown) {
    fill(shown, post, withBase(`/feed/${post.id}`));
    showPictures(shown, post.pictures);
    showCounts(post.id, post, shown);
    return;
  }
  if (!list) return;
  const older = [...list.children].find(
    (one) => Number(/** @type {HTMLElement} */ (one).dataset.post) < post.id,
  );
  list.insertBefore(postElement(post), older ?? null);
  showEmptiness();
}

/** @param {Comment} comment */
function showComment(comment) {
  const shown = shownComment(comment.id);
  if (shown) fill(shown, comment, withBase(`/feed/${comment.post}/comments/${comment.id}`));
  // Where there is a later page the new ones are on it.
  else if (commentList && !page.querySelector("a[rel=next]")) {
    const later = [...commentList.children].find(
      (one) => Number(/** @type {HTMLElement} */ (one).dataset.comment) > comment.id,
    );
    commentList.insertBefore(commentElement(comment), later ?? null);
  }
}

function showEmptiness() {
  const empty = /** @type {HTMLElement|null} */ (document.querySelector("#no-posts"));
  if (empty && list) empty.hidden = list.childElementCount > 0;
}

function announce() {
  if (!newButton) return;
  newButton.hidden = waiting.size === 0;
  newButton.textContent = n("{count} new post", "{count} new posts", waiting.size);
}

newButton?.addEventListener("click", () => {
  for (const post of [...waiting.values()]) showPost(post);
  announce();
  list?.querySelector("a")?.focus({ preventScroll: true });
  page.scrollIntoView({ block: "start" });
});

/** Whether this page's post is being deleted here: the answer leads on. */
let isLeaving = false;

/** @type {Record<string, (data: any) => void>} */
const handlers = {
  post({ change, id, post }) {
    if (post) noteName(post);
    if (change === "removed") {
      waiting.delete(id);
      shownPost(id)?.remove();
      if (String(id) === onlyPost && !isLeaving) location.assign(withBase("/feed"));
      showEmptiness();
    } else if (shownPost(id)) showPost({ ...post, liked: undefined });
    else if (change === "added" && post.author === me && list) showPost(post);
    else if ((change === "added" || waiting.has(id)) && list) waiting.set(id, post);
    announce();
  },
  comment({ change, id, post, comments, comment }) {
    showCounts(post, { comments });
    if (comment) noteName(comment);
    if (String(post) !== onlyPost) return;
    if (change === "removed") shownComment(id)?.remove();
    else showComment(comment);
  },
  like({ change, post, likes, by }) {
    showCounts(post, by === me ? { likes, liked: change === "added" } : { likes });
    const held = waiting.get(post);
    if (held) held.likes = likes;
  },
  person({ name, display_name }) {
    noteName({ author: name, author_name: display_name });
  },
  reset() {
    location.reload();
  },
};

let lastId = page.dataset.since ?? "0";
let again = 0;

function listen() {
  const source = new EventSource(
    withBase(`/feed/events?since=${lastId}${onlyPost ? `&post=${onlyPost}` : ""}`),
  );
  for (const [kind, show] of Object.entries(handlers)) {
    source.addEventListener(kind, (event) => {
      again = 0;
      lastId = /** @type {MessageEvent} */ (event).lastEventId || lastId;
      show(JSON.parse(/** @type {MessageEvent} */ (event).data));
    });
  }
  source.addEventListener("open", () => page.setAttribute("data-connected", ""));
  source.addEventListener("error", () => {
    page.removeAttribute("data-connected");
    // A lost connection the browser opens again by itself; an answer that is no stream it takes for
    // the last word.
    if (source.readyState !== EventSource.CLOSED) return;
    again += 1;
    setTimeout(listen, Math.random() * Math.min(60_000, 2000 * 2 ** again));
  });
}

/** @param {ParentNode} node */
function attachPickers(node) {
  for (const form of node.querySelectorAll("form")) attachPicker(form, (text) => showError(form, text));
}

/** So that the form's next text is another one. @param {HTMLFormElement} form */
function renewNonce(form) {
  const field = /** @type {HTMLInputElement|null} */ (form.querySelector("[name=nonce]"));
  if (field) field.value = makeNonce();
}

/** @param {HTMLFormElement} form @param {string} text */
function showError(form, text) {
  const place = part(form, "error");
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
}

/** @param {HTMLFormElement} form */
const textOf = (form) => form.querySelector("textarea")?.value;

/**
 * What a form's answer changes in the page. What one wrote or chose after the form was sent stays.
 * @param {string} action the path's last word
 * @param {HTMLFormElement} form
 * @param {any} answer
 * @param {{text: string|undefined, pictures: File[]}} sent
 */
function showAnswer(action, form, answer, sent) {
  const unchanged = textOf(form) === sent.text;
  const details = form.closest("details");
  if (details && unchanged) details.open = false;
  if (action === "feed") showPost(answer);
  else if (action === "comments") showComment(answer);
  else if (action === "like" || action === "unlike") showCounts(answer.id, answer);
  else if (action === "edit") "post" in answer ? showComment(answer) : showPost(answer);
  else if (action === "delete") {
    form.closest("[data-comment], [data-post]")?.remove();
    showEmptiness();
    const isComment = form.action.includes("/comments/");
    showToast(isComment ? t("The comment is deleted.") : t("The post is deleted."), () => undo(form.action));
  }
  const box = form.querySelector("textarea");
  if (box && unchanged && (action === "feed" || action === "comments")) box.value = "";
  if (box && me) keepText(me, form, unchanged ? "" : box.value);
  dropPicked(form, sent.pictures);
}

/** Takes a deletion back. @param {string} action of the form that deleted */
async function undo(action) {
  try {
    const answer = await post(action.replace(/delete$/, "undelete"));
    const body = await answer.json();
    if (!answer.ok) showToast(body.error?.text ?? FAILED);
    else if ("post" in body) showComment(body);
    else showPost(body);
  } catch {
    showToast(FAILED);
  }
}

page.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  // The page goes with its post: the next one tells of it.
  if (form.closest(`#post-${onlyPost}`) && form.action.endsWith("/delete")) {
    isLeaving = true;
    return;
  }
  event.preventDefault();
  if (form.dataset.busy) {
    form.dataset.busy = "again";
    return;
  }
  form.dataset.busy = "yes";
  form.setAttribute("aria-busy", "true");
  const action = new URL(form.action).pathname.split("/").at(-1) ?? "";
  const sent = { text: textOf(form), pictures: pickedFiles(form) };
  try {
    const answer = await post(form.action, bodyOf(form));
    const body = answer.status === 204 ? null : await answer.json();
    // What was refused wasn't stored. Without an answer it may have been: then the same nonce asks
    // for the same again.
    renewNonce(form);
    if (answer.ok) {
      showError(form, "");
      showAnswer(action, form, body, sent);
    } else
      showError(
        form,
        body.errors?.text ??
          body.errors?.pictures ??
          body.error?.text ??
          FAILED,
      );
  } catch {
    showError(form, FAILED);
  } finally {
    const again = form.dataset.busy === "again";
    delete form.dataset.busy;
    form.removeAttribute("aria-busy");
    // Another text, not the same one twice.
    if (again && textOf(form) !== sent.text && textOf(form)) form.requestSubmit();
  }
});

attachPickers(page);
if (me) keepTexts(page, me);
openPictures(page);
openSpoilers();
enrich(page);
if ("live" in page.dataset) listen();
