/**
 * Numbers as `/delete` takes them: [1, 5, 6, 7] is "1,5-7".
 * @param {number[]} numbers going upwards
 */
export function numberSpans(numbers) {
  /** @type {[number, number][]} */
  const spans = [];
  for (const number of numbers) {
    const last = spans.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else spans.push([number, number]);
  }
  return spans.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}
