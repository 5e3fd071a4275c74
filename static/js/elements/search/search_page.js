/** The page of the search: the words with a meaning are proposed below its box. */
import { WordChips } from "./word_chips.js";

const place = document.getElementById("search-words");
const box = /** @type {HTMLInputElement|null} */ (document.querySelector(".search-form input[name=q]"));
if (place && box) new WordChips(box, place, () => {}, new AbortController().signal);
