/** How a post is quoted by those that answer it. */
import { kindOfFiles } from "../words/files.js";

const WORDS = 100; // characters of a quote, as many as the server gives

/**
 * How a post is quoted: the beginning of its text in one line.
 * @param {{number?: number, author: string, text: string,
 *   files?: import("../state/types.js").SharedFile[]}} line
 * @returns {import("../sending/outbox.js").Quoted}
 */
export function quoted({ number = 0, author, text, files }) {
  const line = [
    ...text
      .slice(0, 4 * WORDS)
      .replace(/\s+/g, " ")
      .trim(),
  ];
  return {
    ...(!text && files?.length && { files: kindOfFiles(files) }),
    number,
    author,
    text: line.length > WORDS ? `${line.slice(0, WORDS - 1).join("")}…` : line.join(""),
  };
}
