/** What one is to somebody: follows them, has asked to, blocks them. Over HTTP, as the forms of a person's page do. */
import { t } from "../words/texts.js";

/** @typedef {{following?: boolean, requested?: boolean, private?: boolean, blocked?: boolean}} Relation what isn't there can't be chosen */

/** @param {string} name @returns {Promise<Relation>} nothing where it can't be told now */
export async function fetchRelation(name) {
  try {
    const answer = await fetch(`/users/${encodeURIComponent(name)}`, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

/** @param {string} name @param {"follow"|"unfollow"|"block"|"unblock"} choice @returns {Promise<string>} why not, if it couldn't be */
export async function setRelation(name, choice) {
  const token = /** @type {HTMLMetaElement|null} */ (document.querySelector("meta[name=csrf-token]"))?.content ?? "";
  const headers = { Accept: "application/json", "X-CSRF-Token": token };
  try {
    const answer = await fetch(`/users/${encodeURIComponent(name)}/${choice}`, { method: "POST", headers });
    return answer.ok ? "" : ((await answer.json()).error?.text ?? `${answer.status}`);
  } catch {
    return t("There is no connection now. Try again in a moment.");
  }
}

/** What the button to follow says, and what it does. @param {Relation} relation @returns {{text: string, choice: "follow"|"unfollow"}} */
export function followAction({ following, requested, private: isPrivate }) {
  if (following) return { text: t("Unfollow"), choice: "unfollow" };
  if (requested) return { text: t("Take the request back"), choice: "unfollow" };
  return { text: isPrivate ? t("Ask to follow") : t("Follow"), choice: "follow" };
}
