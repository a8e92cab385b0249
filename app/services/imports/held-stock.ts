import { db } from "#app/db/client.server.ts";
import { readHeld, type DueImport } from "#app/db/import.repo.ts";
import { readLevels } from "#app/db/stock.repo.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import { newId } from "#app/lib/ids.ts";
import { commitMovements } from "#app/services/stock/commit-movements.ts";

/**
 * Stock that a channel holds itself (FBA, WFS, FBT) as a location of its own: shown beside the merchant's, never sold
 * from and never written. The import's numbers become its levels.
 */
export async function observeHeldStock(
  run: DueImport,
  channelLabel: string,
  listingKeys: readonly string[],
): Promise<void> {
  const { shopId, connectionId } = run;
  const held = await readHeld(db(), run, listingKeys);
  if (held.length === 0) return;
  const locationId = await heldLocation(shopId, connectionId, channelLabel);
  const now = new Date();
  const correlationId = newId();
  await commitMovements(shopId, async () => {
    const skuIds = [...new Set(held.map(({ skuId }) => skuId))];
    const book = new StockBook(await readLevels(db(), shopId, skuIds));
    for (const { skuId, quantity } of held) {
      const { onHand, version } = book.level(skuId, locationId);
      if (quantity === onHand) continue;
      book.apply({
        kind: "observed",
        ...{ skuId, locationId, onHandDelta: quantity - onHand, committedDelta: 0 },
        idempotencyKey: `held:${connectionId}:${skuId}:${version}`,
        cause: {
          ...{ channel: null, connectionId, orderId: null, actor: "import" },
          reason: `${channelLabel} holds this stock and reports it`,
          ...{ correlationId, occurredAt: now, receivedAt: now },
        },
      });
    }
    return { book };
  });
}

async function heldLocation(
  shopId: string,
  connectionId: string,
  channelLabel: string,
): Promise<string> {
  const externalId = `held:${connectionId}`;
  const name = `Held by ${channelLabel}`;
  await db().location.createMany({
    data: [{ shopId, id: newId(), name, externalId, heldBy: connectionId, priority: 1_000 }],
    skipDuplicates: true,
  });
  const where = { shopId_externalId: { shopId, externalId } };
  return (await db().location.findUniqueOrThrow({ where })).id;
}
