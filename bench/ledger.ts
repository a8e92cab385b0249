import { channelById } from "#app/channels/registry.ts";
import { db } from "#app/db/client.server.ts";
import { insertEvents, writeVerdicts } from "#app/db/inbox.repo.ts";
import { applyOwnSales } from "#app/db/listing.repo.ts";
import { saveOrders } from "#app/db/order.repo.ts";
import type { ReadEvent } from "#app/ingest/facts.ts";
import { foldEvents } from "#app/ingest/fold-events.ts";
import { newId } from "#app/lib/ids.ts";
import { commitMovements } from "#app/services/stock/commit-movements.ts";
import { benchChannel, type BenchShop } from "./bench-shop.ts";
import { timed, type Measured, type Workload } from "./measured.ts";

/** Orders in one transaction: what arrives while the last one commits. */
export const batchSizes = [1, 16, 64, 256] as const;

/**
 * The ledger's own way from stored events to committed stock, as ingest/apply-events goes it: read what is
 * known, fold, one transaction with levels, entries, orders, listings and verdicts. One order has one line.
 */
export async function measureLedger(
  shop: BenchShop,
  workload: Workload,
  batchSize: number,
  forMs: number,
): Promise<Measured> {
  return await timed({ forMs, workers: 1 }, async () => {
    const events = Array.from({ length: batchSize }, () => orderEvent(shop, workload));
    await store(shop, events);
    return { lines: batchSize, run: () => commit(shop.shopId, events) };
  });
}

async function commit(shopId: string, events: readonly ReadEvent[]): Promise<void> {
  await commitMovements(shopId, async () => {
    const folded = await foldEvents(shopId, events);
    return {
      book: folded.book,
      alongside: async (tx) => {
        await saveOrders(tx, shopId, folded.orders);
        await applyOwnSales(tx, shopId, folded.ownSales);
        const done = { status: "done", error: null, attempts: 0, retryAfterMs: null } as const;
        const verdicts = events.map(({ event }) => ({ ...done, id: event.id, resolved: null }));
        await writeVerdicts(tx, shopId, verdicts);
      },
    };
  });
}

function orderEvent(shop: BenchShop, workload: Workload): ReadEvent {
  const sku = shop.skus[workload === "hot" ? 0 : Math.floor(Math.random() * shop.skus.length)];
  if (!sku) throw new Error("the bench shop has no SKUs");
  const at = new Date();
  const orderId = newId();
  const line = { lineId: "1", orderKey: sku.code, sku: sku.code, quantity: 1, shipped: 0 };
  return {
    channel: channelById(benchChannel),
    accountId: shop.domain,
    event: {
      ...{ id: newId(), connectionId: shop.connectionId, topic: "bench", payload: "{}" },
      ...{ resolved: null, attempts: 0, correlationId: newId(), occurredAt: at, receivedAt: at },
    },
    facts: [
      {
        kind: "order",
        order: {
          ...{ orderId, revision: at.getTime(), placedAt: at.toISOString() },
          ...{ cancelled: false, test: false, lines: [{ ...line, externalLocationId: null }] },
        },
      },
    ],
  };
}

/** The door's part of the work; not measured here. */
async function store({ shopId }: BenchShop, events: readonly ReadEvent[]): Promise<void> {
  await insertEvents(
    db(),
    events.map(({ event }) => ({
      ...{ id: event.id, shopId, connectionId: event.connectionId, externalEventId: event.id },
      ...{ topic: event.topic, payload: event.payload, status: "ready", occurredAt: null },
      ...{ correlationId: event.correlationId, receivedAt: event.receivedAt },
    })),
  );
}
