import type { WalmartClient } from "./client.ts";
import { writeStock } from "./inventory.ts";
import { readStock } from "./listing-reads.ts";
import { toWire, type Stock } from "./mapping.ts";

interface Shipped {
  readonly skus: readonly string[];
  readonly shipNode: string | null;
}

/** SKUs of one parcel that are put right at once. */
const skusMax = 20;

/**
 * Walmart releases a reservation when its units ship and leaves the number that it was sent as it is: what is for sale
 * grows by units that have just left (channels.md 6.2). To be called before the parcel is told; what it returns, after
 * it: that puts each SKU's number right, so that buyers see what they saw.
 *
 * Best effort: a push that comes between makes the number right by itself, so a number that moved is left alone, and what
 * is missed here, or shipped by other software, the next push or reconciliation puts right.
 */
export async function keepAvailable(
  client: WalmartClient,
  { skus, shipNode }: Shipped,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const before = new Map<string, Stock>();
  for (const sku of skus.slice(0, skusMax)) {
    const read = await readStock(client, { sku, shipNode }, signal);
    if (read.ok) before.set(sku, read.stock);
  }
  return async () => {
    for (const [sku, stock] of before) {
      const read = await readStock(client, { sku, shipNode }, signal);
      if (!read.ok || !wasReleased(stock, read.stock)) continue;
      const amount = toWire(stock.available, read.stock.reserved);
      await writeStock(client, { sku, shipNode, amount }, signal);
    }
  };
}

function wasReleased(before: Stock, after: Stock): boolean {
  return after.input === before.input && after.reserved < before.reserved;
}
