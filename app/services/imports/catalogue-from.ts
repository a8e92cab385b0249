import type { ImportedListing } from "#app/channels/contract.ts";
import { db } from "#app/db/client.server.ts";
import { readUnstocked, saveSkus, type DueImport } from "#app/db/import.repo.ts";
import { readLevels } from "#app/db/stock.repo.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import { newId } from "#app/lib/ids.ts";
import { commitMovements } from "#app/services/stock/commit-movements.ts";

/** Longest SKU text that becomes a SKU (Shopify's own limit is 255). */
const skuCharsMax = 255;

/**
 * Makes the merchant's own shop the catalogue: its locations and its SKUs come into being with its listings. To be
 * called before a page is stored, which looks both up.
 */
export async function ensureCatalogue(
  { shopId }: DueImport,
  listings: readonly ImportedListing[],
): Promise<void> {
  const locations = new Map<string, string>();
  const skus = new Map<string, ImportedListing>();
  for (const listing of listings) {
    const { sku, externalLocationId, externalLocationName } = listing;
    if (externalLocationId) locations.set(externalLocationId, externalLocationName ?? "Location");
    if (sku && sku.trim() !== "" && sku.length <= skuCharsMax && !listing.heldByChannel) {
      skus.set(sku, listing);
    }
  }
  await db().location.createMany({
    data: [...locations].map(([externalId, name]) => ({ shopId, id: newId(), externalId, name })),
    skipDuplicates: true,
  });
  const rows = [...skus].map(([code, { title, barcode }]) => ({
    ...{ id: newId(), code, barcode },
    title: title.toWellFormed().replaceAll("\0", ""),
  }));
  await saveSkus(db(), shopId, rows);
}

/**
 * Takes over what the shop has in stock, for the places of which our ledger knows nothing yet. A place that has a level
 * is left alone: what differs there is found by reading back.
 */
export async function takeOverStock(run: DueImport, listingKeys: readonly string[]): Promise<void> {
  const { shopId, connectionId } = run;
  const places = await readUnstocked(db(), run, listingKeys);
  if (places.length === 0) return;
  const now = new Date();
  const correlationId = newId();
  await commitMovements(shopId, async () => {
    const skuIds = [...new Set(places.map(({ skuId }) => skuId))];
    const book = new StockBook(await readLevels(db(), shopId, skuIds));
    for (const { skuId, locationId, quantity, listingId } of places) {
      // Somebody else may have been faster since the places were read.
      if (book.level(skuId, locationId).version > 0 || quantity <= 0) continue;
      book.apply({
        kind: "observed",
        ...{ skuId, locationId, onHandDelta: quantity, committedDelta: 0 },
        idempotencyKey: `opening:${listingId}`,
        cause: {
          ...{ channel: "shopify", connectionId, orderId: null, actor: "import" },
          ...{
            reason: "stock at the first import",
            correlationId,
            occurredAt: now,
            receivedAt: now,
          },
        },
      });
    }
    return { book };
  });
}
