/** Clones the page's <template>s and finds the parts in them. */

/** @param {string} id of the template, without "part-" @returns {DocumentFragment} */
export function cloneTemplate(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(`part-${id}`));
  return /** @type {DocumentFragment} */ (document.importNode(template.content, true));
}

/** @param {string} id @returns {HTMLElement} its first element */
export const cloneElement = (id) => /** @type {HTMLElement} */ (cloneTemplate(id).firstElementChild);

/** @param {ParentNode} node @param {string} name @returns {HTMLElement} */
export const part = (node, name) => /** @type {HTMLElement} */ (node.querySelector(`[data-part="${name}"]`));
