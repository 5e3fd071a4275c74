/** What is asked of the server by a press. */
import { post } from "./http.js";
import { NO_CONNECTION } from "../state/toasts.js";

/**
 * @param {string} address
 * @param {BodyInit} [body]
 * @returns {Promise<string>} why not, if it wasn't done
 */
export async function send(address, body) {
  try {
    const answer = await post(address, body);
    return answer.ok ? "" : ((await answer.json()).error?.text ?? `${answer.status}`);
  } catch {
    return NO_CONNECTION;
  }
}
