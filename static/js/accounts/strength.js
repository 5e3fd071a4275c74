/**
 * Says below a new password's field how hard it is to guess, while one types. It is an estimate by
 * length and variety; which passwords are refused is the server's to say, which knows the common
 * ones. Nothing typed leaves the page.
 */

/** @typedef {"weak"|"fair"|"strong"} Strength */

const FAIR = 55; // bits, if the letters were drawn by lot
const STRONG = 75;
const LEAST = 8; // characters; the server takes no fewer

/** Kinds of characters, and how many of each there are to choose from. @type {[RegExp, number][]} */
const KINDS = [
  [/\p{Ll}/u, 26],
  [/\p{Lu}/u, 26],
  [/\p{N}/u, 10],
  [/[^\p{L}\p{N}]/u, 20],
  [/[^\0-\x7f]/u, 30],
];

/**
 * @param {string} password
 * @param {string[]} own the person's names and the site's, which add nothing
 * @returns {Strength}
 */
export function strength(password, own = []) {
  let rest = password.toLowerCase();
  for (const name of own) if (name.length > 2) rest = rest.replaceAll(name.toLowerCase(), "");
  const letters = [...rest];
  const various = Math.min(letters.length, 1.5 * new Set(letters).size);
  const choice = KINDS.reduce((sum, [kind, count]) => sum + (kind.test(password) ? count : 0), 1);
  const bits = various * Math.log2(choice);
  if ([...password].length < LEAST || bits < FAIR) return "weak";
  return bits < STRONG ? "fair" : "strong";
}

/** @param {HTMLElement} shown its data: the field's id, and a text for each strength */
function watch(shown) {
  const field = document.getElementById(shown.dataset.strength ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  field.addEventListener("input", () => {
    const fields = ["display_name", "username", "email"];
    const names = fields.map((id) => document.querySelector(`input[name="${id}"]`));
    const own = names.flatMap((input) =>
      input instanceof HTMLInputElement ? [input.value, input.value.split("@")[0] ?? ""] : [],
    );
    own.push(...location.hostname.split("."));
    const text = field.value ? (shown.dataset[strength(field.value, own)] ?? "") : "";
    // Said once, and not again at every letter.
    if (shown.textContent !== text) shown.textContent = text;
  });
}

/** @param {ParentNode} page */
export function watchStrength(page) {
  for (const shown of page.querySelectorAll("[data-strength]"))
    if (shown instanceof HTMLElement) watch(shown);
}

if (globalThis.document) watchStrength(document);
