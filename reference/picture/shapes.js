/**
 * What the page shows, in the order in which it is painted: boxes, icons and runs of text, in pixels.
 * Evaluated in the page; what is hidden, covered by an edge or empty is left out. The first run of a text
 * has the whole of it.
 * @returns {object[]}
 */
() => {
  const shapes = [];
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const ELLIPSIS = "…";

  /** @param {string} text "" where nothing is seen of it */
  const colour = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    const hex = (...parts) => "#" + parts.map((part) => part.toString(16).padStart(2, "0")).join("");
    return a === 0 ? "" : a === 255 ? hex(r, g, b) : hex(r, g, b, a);
  };
  const px = (text) => parseFloat(text) || 0;

  /** The part of a box that its clips leave. */
  const inside = (box, clip) => ({
    left: Math.max(box.left, clip.left),
    top: Math.max(box.top, clip.top),
    right: Math.min(box.right, clip.right),
    bottom: Math.min(box.bottom, clip.bottom),
  });
  const isSeen = (box) => box.right - box.left > 1 && box.bottom - box.top > 1;

  const box = (style, rect, clip, opacity) => {
    if (!isSeen(inside(rect, clip)) && rect.bottom - rect.top > 1) return;
    const sides = ["Top", "Right", "Bottom", "Left"].map((side) =>
      style[`border${side}Style`] === "none" ? 0 : px(style[`border${side}Width`]),
    );
    const borders = ["Top", "Right", "Bottom", "Left"].map((side, place) =>
      sides[place] ? colour(style[`border${side}Color`]) : "",
    );
    const fill = colour(style.backgroundColor);
    if (!fill && !borders.some(Boolean)) return;
    const [width, height] = [rect.right - rect.left, rect.bottom - rect.top];
    const radii = ["TopLeft", "TopRight", "BottomRight", "BottomLeft"].map((corner) => {
      const text = style[`border${corner}Radius`];
      const radius = text.endsWith("%") ? (px(text) / 100) * width : px(text);
      return Math.min(radius, width / 2, height / 2);
    });
    // Cells of a table have their lines in common.
    const isShared = style.display === "table-cell" && style.borderCollapse === "collapse";
    const place = { x: rect.left, y: rect.top, width, height };
    shapes.push({ kind: "box", ...place, radii, fill, sides, borders, isShared, opacity });
  };

  /** Boxes that style sheets add. In the flow they are first or last of a row, in its middle. */
  const added = (element, which, clip, opacity) => {
    const style = getComputedStyle(element, which);
    if (style.content === "none" || style.content === "normal" || style.display === "none") return;
    const own = getComputedStyle(element);
    const outer = element.getBoundingClientRect();
    const [width, height] = [px(style.width), px(style.height)];
    let left, top;
    if (style.position === "absolute") {
      left = outer.left + px(own.borderLeftWidth) + px(style.left);
      top = outer.top + px(own.borderTopWidth) + px(style.top);
    } else {
      left =
        which === "::before"
          ? outer.left + px(own.borderLeftWidth) + px(own.paddingLeft)
          : outer.right - px(own.borderRightWidth) - px(own.paddingRight) - width;
      top = (outer.top + outer.bottom - height) / 2;
    }
    box(style, { left, top, right: left + width, bottom: top + height }, clip, opacity);
  };

  const icon = (element, clip, opacity) => {
    const rect = element.getBoundingClientRect();
    if (!isSeen(inside(rect, clip))) return;
    const parts = [...element.querySelectorAll("path, circle, rect")].map((part) => {
      const style = getComputedStyle(part);
      const shape = Object.fromEntries(
        [...part.attributes].filter(({ name }) => name !== "class").map(({ name, value }) => [name, value]),
      );
      const stroke = style.stroke === "none" ? "" : colour(style.stroke);
      const fill = style.fill === "none" ? "" : colour(style.fill);
      return { tag: part.tagName, shape, fill, stroke, width: stroke ? px(style.strokeWidth) : 0 };
    });
    const [, , width, height] = element.getAttribute("viewBox").split(" ").map(Number);
    shapes.push({
      kind: "icon",
      x: rect.left,
      y: rect.top,
      width: rect.width,
      height: rect.height,
      view: [width, height],
      parts,
      opacity,
    });
  };

  const run = (text, whole, left, right, top, bottom, style, fill, opacity) => {
    canvas.font = style.font;
    const { fontBoundingBoxAscent: ascent, fontBoundingBoxDescent: descent } = canvas.measureText(text);
    shapes.push({
      kind: "text",
      text,
      whole,
      x: left,
      // What a line of text takes is as high as its font, wherever the line is higher.
      y: (top + bottom + ascent - descent) / 2,
      width: right - left,
      size: px(style.fontSize),
      weight: Number(style.fontWeight),
      isItalic: style.fontStyle === "italic",
      isMono: style.fontFamily.includes("mono"),
      fill,
      opacity,
    });
  };

  /** A run for each line of it, cut where an edge cuts it. */
  const textOf = (node, clip, opacity) => {
    const style = getComputedStyle(node.parentElement);
    const fill = colour(style.color);
    const range = document.createRange();
    const lines = [];
    const text = node.data;
    let whole = text;
    let place = 0;
    for (const letter of text) {
      range.setStart(node, place);
      range.setEnd(node, (place += letter.length));
      const rects = range.getClientRects();
      const rect = rects[rects.length - 1];
      if (!rect || !rect.width) continue;
      const line = lines.at(-1);
      if (line && Math.abs(line.top - rect.top) < 2 && rect.left >= line.right - 2) {
        line.letters.push({ letter, right: rect.right });
        line.right = rect.right;
      } else {
        lines.push({ ...rect.toJSON(), letters: [{ letter, right: rect.right }] });
      }
    }
    for (const line of lines) {
      if (!isSeen(inside(line, clip))) continue;
      let letters = line.letters;
      if (line.right > clip.right + 1) {
        letters = letters.filter((one) => one.right < clip.right - px(style.fontSize) * 0.8);
        letters = [...letters, { letter: ELLIPSIS, right: (letters.at(-1)?.right ?? line.left) + px(style.fontSize) }];
      }
      const words = letters.map((one) => one.letter).join("");
      if (!words.trim()) continue;
      // Spaces at the ends have a place, and aren't drawn.
      const first = words.length - words.trimStart().length;
      const left = first ? line.letters[first - 1].right : line.left;
      const last = letters[words.trimEnd() === words ? letters.length - 1 : [...words.trimEnd()].length - 1];
      run(words.trim(), whole, left, last.right, line.top, line.bottom, style, fill, opacity);
      whole = "";
    }
  };

  /** What stands in a field where nothing is written yet. */
  const placeholder = (field, clip, opacity) => {
    if (field.value || !field.placeholder) return;
    const [own, style] = [getComputedStyle(field), getComputedStyle(field, "::placeholder")];
    const rect = field.getBoundingClientRect();
    const left = rect.left + px(own.borderLeftWidth) + px(own.paddingLeft);
    canvas.font = own.font;
    const right = left + canvas.measureText(field.placeholder).width;
    const top = rect.top + px(own.borderTopWidth) + px(own.paddingTop);
    const line = px(own.lineHeight) || rect.height - 2 * (top - rect.top);
    run(field.placeholder, field.placeholder, left, right, top, top + line, own, colour(style.color), opacity);
  };

  const walk = (element, clip, outer) => {
    const style = getComputedStyle(element);
    const opacity = outer * Number(style.opacity);
    if (style.display === "none" || style.visibility === "hidden" || opacity < 0.05) return;
    const rect = element.getBoundingClientRect();
    if (element instanceof SVGElement) {
      icon(element, clip, opacity);
      return;
    }
    if (style.display !== "contents") {
      if (element !== document.body && rect.width <= 1 && rect.height <= 1) return;
      box(style, rect, clip, opacity);
      if (style.overflowX !== "visible" || style.overflowY !== "visible") clip = inside(rect, clip);
      if (!isSeen(clip)) return;
    }
    added(element, "::before", clip, opacity);
    // What is taken out of the flow is painted last.
    const isOut = (child) => child instanceof Element && getComputedStyle(child).position === "absolute";
    const children = [...element.childNodes];
    for (const child of [...children.filter((one) => !isOut(one)), ...children.filter(isOut)]) {
      if (child instanceof Text) textOf(child, clip, opacity);
      else if (child instanceof Element) walk(child, clip, opacity);
    }
    if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) {
      placeholder(element, clip, opacity);
    }
    added(element, "::after", clip, opacity);
  };

  walk(document.body, { left: 0, top: 0, right: innerWidth, bottom: innerHeight }, 1);
  return shapes;
}
