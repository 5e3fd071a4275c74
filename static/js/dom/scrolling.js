/**
 * Holds the scroll position of a list: at its end while that is followed, else the rows on screen
 * stay where they are to the pixel, whatever is added, removed or changes its height. It knows rows
 * and pixels, not what the rows are.
 */

const FOLLOW = 100; // px from the end within which it is followed
const MOVED = 40; // px that tell a reader's scrolling from the jitter of a layout
/**
 * A row counts as seen once it fills so much of the screen's height, even if its end isn't visible.
 */
const MUCH = 0.5;

export class ScrollAnchor {
  following = true;
  /**
   * The rows on screen, and where they were when the reader last moved.
   * @type {{node: Element, offset: number, height: number}[]}
   */
  #anchors = [];
  #placed = -1;
  #height = 0;
  /** px, when the reader last moved */ #width = 0;

  /**
   * @param {HTMLElement} box what scrolls
   * @param {HTMLElement} list whose children are the rows
   * @param {() => boolean} complete whether the list's end is the end of everything
   */
  constructor(box, list, complete) {
    this.box = box;
    this.list = list;
    this.complete = complete;
    this.#height = box.clientHeight;
  }

  /** px between what is visible and the end */
  get below() {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight;
  }

  /**
   * After a scroll event.
   * @returns {number} px that the reader scrolled; 0 where it was the page itself
   */
  scrolled() {
    if (this.box.clientHeight !== this.#height) {
      // The composer grew or a keyboard came up and moved the text: nobody scrolled.
      this.restore();
      return 0;
    }
    const by = this.box.scrollTop - this.#placed;
    if (by === 0) return 0;
    this.#placed = this.box.scrollTop;
    this.#settle();
    return Math.abs(by) >= MOVED ? by : 0;
  }

  /** The end is followed where it is near; else the rows on screen are held. */
  #settle() {
    this.following = this.complete() && this.below <= FOLLOW;
    this.hold();
  }

  /** Remembers where the rows on screen are: there they stay. */
  hold() {
    this.#anchors = this.following
      ? []
      : this.visible().map(({ node, top, height }) => ({ node, offset: top, height }));
    this.#width = this.box.clientWidth;
    // Posts first: a divider may go while they stay.
    this.#anchors.sort((a, b) => Number(b.node.matches(".message")) - Number(a.node.matches(".message")));
  }

  /** Restores the position, after rows came, went or changed their height. */
  restore() {
    this.#height = this.box.clientHeight;
    if (this.following) {
      this.toEnd();
      return;
    }
    const anchors = this.#anchors.filter(({ node }) => node.isConnected);
    // A row that shrank lost something at its top: its author's name, when what it continues was
    // put in before it. By it all that follows would move up. Where the width changed, all rows
    // have other heights.
    const isWhole = (/** @type {{node: Element, height: number}} */ { node, height }) =>
      node.getBoundingClientRect().height > height - 1;
    const anchor = (this.box.clientWidth === this.#width && anchors.find(isWhole)) || anchors[0];
    if (anchor) this.#scrollBy(this.topOf(anchor.node) - anchor.offset);
    // No row of the screen is left: the position is where it is now.
    else this.hold();
  }

  toEnd() {
    this.#scrollTo(this.box.scrollHeight);
  }

  /**
   * Shows a row.
   * @param {Element} node
   * @param {number|"quarter"|"middle"} where px from the top, or which part of the height is to be
   *   above it
   */
  show(node, where) {
    const { height } = node.getBoundingClientRect();
    const room = this.box.clientHeight;
    const above =
      where === "middle" ? Math.max((room - height) / 2, room / 8) : where === "quarter" ? room / 4 : where;
    this.#scrollBy(this.topOf(node) - above);
    this.#settle();
  }

  /** Brings a row on screen by the shortest way. @param {Element} node */
  reveal(node) {
    const { height } = node.getBoundingClientRect();
    const top = this.topOf(node);
    const room = this.box.clientHeight;
    const margin = Math.min(room / 8, 48);
    if (top < margin) this.#scrollBy(top - margin);
    else if (top + height > room - margin)
      this.#scrollBy(Math.min(top + height - room + margin, top - margin));
    else return;
    this.#settle();
  }

  /** @param {Element} node its top against the top of what is visible */
  topOf(node) {
    return node.getBoundingClientRect().top - this.box.getBoundingClientRect().top;
  }

  /**
   * The rows on screen, in their order.
   * @returns {{node: Element, top: number, height: number, seen: boolean}[]} `seen`: enough of it
   *   to be read
   */
  visible() {
    const rows = this.list.children;
    const frame = this.box.getBoundingClientRect();
    let from = 0;
    for (let to = rows.length; from < to;) {
      const middle = (from + to) >> 1;
      if (rows[middle].getBoundingClientRect().bottom > frame.top) to = middle;
      else from = middle + 1;
    }
    const found = [];
    for (let index = from; index < rows.length; index += 1) {
      const { top, bottom, height } = rows[index].getBoundingClientRect();
      if (top >= frame.bottom) break;
      found.push({
        node: rows[index],
        top: top - frame.top,
        height,
        seen: bottom <= frame.bottom + 4 || top < frame.top + frame.height * MUCH,
      });
    }
    return found;
  }

  /** @param {number} by px */
  #scrollBy(by) {
    // Half a pixel can't be scrolled; since places are kept and not differences, it doesn't add up.
    if (Math.abs(by) >= 0.5) this.#scrollTo(this.box.scrollTop + by);
  }

  /** @param {number} top */
  #scrollTo(top) {
    this.box.scrollTop = top;
    this.#placed = this.box.scrollTop;
  }
}
