/**
 * The relation to another person: following, requested, blocked. By HTTP, like the forms of their
 * page.
 */
import { t } from "../words/texts.js";
import { get } from "./http.js";
import { send } from "./requests.js";

/**
 * @typedef {{following?: boolean, requested?: boolean, private?: boolean, blocked?: boolean}}
 *   Relation what isn't there can't be chosen
 */

/** @param {string} name @returns {Promise<Relation>} nothing where it can't be told now */
export async function fetchRelation(name) {
  try {
    const answer = await get(`/users/${encodeURIComponent(name)}`);
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

/**
 * @param {string} name
 * @param {"follow"|"unfollow"|"block"|"unblock"|"ignore"|"unignore"} choice
 * @returns {Promise<string>} why not, if it couldn't be
 */
export const setRelation = (name, choice) => send(`/users/${encodeURIComponent(name)}/${choice}`);

/**
 * What the button to follow says, and what it does.
 * @param {Relation} relation
 * @returns {{text: string, choice: "follow"|"unfollow"}}
 */
export function followAction({ following, requested, private: isPrivate }) {
  if (following) return { text: t("Unfollow"), choice: "unfollow" };
  if (requested) return { text: t("Take the request back"), choice: "unfollow" };
  return { text: isPrivate ? t("Ask to follow") : t("Follow"), choice: "follow" };
}
