/** Copies a text; where the browser lets no page copy (plain http), it is shown to be copied by hand. */

/**
 * @param {import("../../state/store.js").Store} store
 * @param {string} text
 * @param {string} said
 */
export async function copyText(store, text, said) {
  try {
    await navigator.clipboard.writeText(text);
    store.dispatch({ type: "toasted", text: said });
  } catch {
    (await import("./copy_dialog.js")).showToCopy(text);
  }
}
