import { db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import type { BenchShop } from "./bench-shop.ts";
import { timed, type Measured, type Workload } from "./measured.ts";

/** Orders in flight. */
const workers = 16;
const transactionMsMax = 30_000;
/** Far above what any order needed when this was written. */
const retriesMax = 10_000;

let seq = 2_000_000_000n;

/**
 * What most guides show: read the level, decide, compare the version while writing, and try again when somebody
 * was faster. An interactive Prisma transaction per try.
 */
export async function measureTextbook(
  shop: BenchShop,
  workload: Workload,
  forMs: number,
): Promise<Measured & { readonly retries: number }> {
  let retries = 0;
  const take = async () => {
    const orderId = newId();
    for (let attempt = 0; attempt < retriesMax; attempt += 1) {
      if (await tryOnce(shop, workload, orderId)) return;
      retries += 1;
    }
    throw new Error(`an order lost ${retriesMax} races in a row`);
  };
  const measured = await timed({ forMs, workers }, () => Promise.resolve({ lines: 1, run: take }));
  return { ...measured, retries };
}

class LostRace extends Error {}

async function tryOnce(shop: BenchShop, workload: Workload, orderId: string): Promise<boolean> {
  const { shopId, connectionId, locationId, skus } = shop;
  const sku = skus[workload === "hot" ? 0 : Math.floor(Math.random() * skus.length)];
  if (!sku) throw new Error("the bench shop has no SKUs");
  const key = { shopId, skuId: sku.skuId, locationId };
  const at = new Date();
  try {
    await db().$transaction(
      async (tx) => {
        const level = await tx.stockLevel.findUniqueOrThrow({
          where: { shopId_skuId_locationId: key },
        });
        const { onHand, version } = level;
        const committed = level.committed + 1;
        if (onHand < committed) throw new Error("sold out");
        const { count } = await tx.stockLevel.updateMany({
          where: { ...key, version },
          data: { committed, version: version + 1 },
        });
        if (count === 0) throw new LostRace();
        seq += 1n;
        await tx.ledgerEntry.create({
          data: {
            ...{ ...key, seq, kind: "sale", onHandDelta: 0, committedDelta: 1 },
            ...{ onHandAfter: onHand, committedAfter: committed, levelVersion: version + 1 },
            ...{ idempotencyKey: orderId, contentHash: "sale|1", channel: "ebay", connectionId },
            ...{ orderId, actor: "ebay", correlationId: orderId, occurredAt: at, receivedAt: at },
          },
        });
        await tx.order.create({
          data: { shopId, connectionId, orderId, revision: 1, placedAt: at },
        });
        const line = { shopId, connectionId, orderId, lineId: "1", skuId: sku.skuId, quantity: 1 };
        await tx.orderLine.create({ data: line });
        await tx.listing.update({
          where: { shopId_id: { shopId, id: sku.listingId } },
          data: { expectedQty: { decrement: 1 } },
        });
      },
      { maxWait: transactionMsMax, timeout: transactionMsMax },
    );
    return true;
  } catch (error) {
    if (error instanceof LostRace) return false;
    throw error;
  }
}
