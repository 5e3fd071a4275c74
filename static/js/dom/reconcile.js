/** Renders a list of rows: adds, moves and removes only the nodes whose rows changed. */

/**
 * @template {{key: string, shape: string, kind?: string}} Row
 * @param {Element} list
 * @param {Map<string, {node: HTMLElement, row: Row}>} shown what the list holds, by key; kept
 *   between calls
 * @param {Row[]} rows each key once
 * @param {{make: (row: Row) => HTMLElement, update: (node: HTMLElement, row: Row) => void}} render
 */
export function reconcile(list, shown, rows, { make, update }) {
  const wanted = new Map(rows.map((row) => [row.key, row]));
  for (const [key, { node, row }] of shown) {
    const kept = wanted.get(key);
    if (kept && kept.kind === row.kind) continue;
    node.remove();
    shown.delete(key);
  }
  let next = list.firstElementChild;
  for (const row of wanted.values()) {
    let entry = shown.get(row.key);
    if (!entry) {
      entry = { node: make(row), row };
      shown.set(row.key, entry);
      update(entry.node, row);
    } else if (entry.row.shape !== row.shape) {
      update(entry.node, row);
    }
    entry.row = row;
    if (entry.node === next) next = next.nextElementSibling;
    else list.insertBefore(entry.node, next);
  }
}
