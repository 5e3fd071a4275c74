/** Conversations with people, over HTTP. */
import { t } from "../words/texts.js";
import { post } from "./http.js";

/**
 * Goes to the conversation with these people, which is made if there is none.
 * @param {string[]} names
 * @param {(address: string) => void} go
 * @returns {Promise<string>} why not, if it couldn't be
 */
export async function openConversation(names, go) {
  const body = new URLSearchParams(names.map((name) => ["with", name]));
  try {
    const answer = await post("/conversations", body);
    const made = await answer.json();
    if (!answer.ok) return made.errors?.with ?? made.error?.text ?? `${answer.status}`;
    go(`/rooms/${encodeURIComponent(made.name)}`);
    return "";
  } catch {
    return t("There is no connection now. Try again in a moment.");
  }
}
