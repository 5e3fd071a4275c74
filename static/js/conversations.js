/** Finding people, and conversations with them, over HTTP. */

/** @param {string} typed @returns {Promise<string[]>} names, those that begin so first; none where nothing answers */
export async function findPeople(typed) {
  try {
    const answer = await fetch(`/people?${new URLSearchParams({ q: typed })}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return [];
    const { people } = await answer.json();
    return people.map((/** @type {{name: string}} */ person) => person.name);
  } catch {
    return [];
  }
}

/**
 * Goes to the conversation with these people, which is made if there is none.
 * @param {string[]} names @returns {Promise<string>} why not, if it couldn't be
 */
export async function openConversation(names) {
  const token = /** @type {HTMLMetaElement|null} */ (document.querySelector("meta[name=csrf-token]"))?.content ?? "";
  const body = new URLSearchParams(names.map((name) => ["with", name]));
  try {
    const answer = await fetch("/conversations", { method: "POST", body, headers: { Accept: "application/json", "X-CSRF-Token": token } });
    const told = await answer.json();
    if (!answer.ok) return told.errors?.with ?? told.error?.text ?? `${answer.status}`;
    location.assign(`/rooms/${encodeURIComponent(told.name)}`);
    return "";
  } catch {
    return "offline";
  }
}
