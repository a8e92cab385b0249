/**
 * Runs `work` over all items with at most `concurrencyMax` at a time; results in the items' order.
 * The first throw ends it.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  concurrencyMax: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const queue = items.entries();
  const runner = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(concurrencyMax, items.length) }, runner));
  return results;
}

/** Cuts a list into pieces of at most `sizeMax`, in order. */
export function chunked<Item>(items: readonly Item[], sizeMax: number): Item[][] {
  const pieces: Item[][] = [];
  for (let start = 0; start < items.length; start += sizeMax) {
    pieces.push(items.slice(start, start + sizeMax));
  }
  return pieces;
}
