import { db } from "#app/db/client.server.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import { newId } from "#app/lib/ids.ts";
import { installShop } from "#app/services/shops/install-shop.ts";
import { commitMovements } from "#app/services/stock/commit-movements.ts";

/** A shop that sells on one channel, with more stock than any run takes. */
export interface BenchShop {
  readonly shopId: string;
  readonly domain: string;
  readonly connectionId: string;
  readonly locationId: string;
  readonly skus: readonly BenchSku[];
}

export interface BenchSku {
  readonly skuId: string;
  readonly listingId: string;
  readonly code: string;
}

const unitsPerSku = 10_000_000;
/** Rows written by one statement. */
const rowsPerStatementMax = 2_000;
/** A channel of absolute numbers, whose orders lower one pooled listing. */
export const benchChannel = "ebay";

export async function createBenchShop(name: string, skuCount: number): Promise<BenchShop> {
  const domain = `${name}.myshopify.com`;
  const { shopId } = await installShop({ domain });
  const [connectionId, locationId] = [newId(), newId()];
  await db().location.create({ data: { shopId, id: locationId, name: "Main", priority: 0 } });
  const connection = { shopId, id: connectionId, channel: benchChannel, accountId: name };
  await db().connection.create({ data: { ...connection, label: "eBay", secrets: "none" } });
  const skus = Array.from({ length: skuCount }, (_, index) => ({
    skuId: newId(),
    listingId: newId(),
    code: `SKU-${String(index).padStart(5, "0")}`,
  }));
  for (let from = 0; from < skus.length; from += rowsPerStatementMax) {
    const some = skus.slice(from, from + rowsPerStatementMax);
    await db().sku.createMany({
      data: some.map(({ skuId, code }) => ({ shopId, id: skuId, code, title: code })),
    });
    await db().listing.createMany({
      data: some.map(({ skuId, listingId, code }) => ({
        ...{ shopId, id: listingId, connectionId, skuId, orderKey: code },
        ...{ externalIds: { sku: code }, expectedQty: unitsPerSku },
      })),
    });
    await receive(shopId, locationId, some);
  }
  return { shopId, domain, connectionId, locationId, skus };
}

async function receive(shopId: string, locationId: string, skus: readonly BenchSku[]) {
  const at = new Date();
  const nobody = { channel: null, connectionId: null, orderId: null, reason: null };
  await commitMovements(shopId, () => {
    const book = new StockBook([]);
    for (const { skuId } of skus) {
      book.apply({
        ...{ kind: "receive", skuId, locationId, onHandDelta: unitsPerSku, committedDelta: 0 },
        idempotencyKey: `bench:${skuId}`,
        cause: {
          ...nobody,
          actor: "bench",
          correlationId: newId(),
          occurredAt: at,
          receivedAt: at,
        },
      });
    }
    return Promise.resolve({ book });
  });
}
