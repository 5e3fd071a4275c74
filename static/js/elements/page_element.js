/**
 * What all elements of the room page have in common: `start` is called with the page, `stop` undoes
 * it.
 */
import { Lifetime } from "../dom/lifetime.js";

export class PageElement extends HTMLElement {
  lifetime = new Lifetime();

  /**
   * For `start`: ends what an earlier one began.
   * @returns {Lifetime} to which all that the element begins is bound
   */
  begin() {
    this.stop();
    this.lifetime = new Lifetime();
    return this.lifetime;
  }

  stop() {
    this.lifetime.stop();
  }

  disconnectedCallback() {
    this.stop();
  }
}
