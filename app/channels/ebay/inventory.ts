import type {
  ChannelSession,
  ListingRef,
  QuantityWrite,
  ReadResult,
  WriteResult,
} from "#app/channels/contract.ts";
import { chunked } from "#app/channels/map-bounded.ts";
import type { Answer, EbayClient, EbayContext } from "./client.ts";
import { inCalls, inOrder, refused, silentAbout, type Refused } from "./in-calls.ts";
import { sortedByKind, type InventoryKey, type Keyed } from "./listing-keys.ts";
import {
  toItemReading,
  toOfferReading,
  toPriceQuantityBody,
  toWriteResults,
} from "./inventory-mapping.ts";
import { readItems, reviseStatuses } from "./trading.ts";
import {
  inventoryItemsAnswer,
  offer,
  priceQuantityAnswer,
  type EbayOffer,
  type InventoryItemRow,
  type PriceQuantityBody,
  type PriceQuantityRow,
} from "./wire.ts";

/** Entries of one bulk_update_price_quantity call (specs/channel-limits.json). */
export const pushBatchSizeMax = 25;
/** Entries of one bulk_get_inventory_item call (specs/channel-limits.json). */
export const itemsPerCallMax = 25;
/** Offers read at once: eBay counts calls by the day and has none that reads many. */
const offersAtOnceMax = 10;

/** Pushing and reading quantities, of both kinds of listing. */
export function inventoryOf(
  context: EbayContext,
  client: EbayClient,
): Pick<ChannelSession, "pushQuantities" | "readListings"> {
  return {
    async pushQuantities(writes, signal) {
      const { inventory, trading } = sortedByKind(writes);
      const size = { callSizeMax: pushBatchSizeMax, concurrencyMax: 1 };
      const pushed = await inCalls<Keyed<QuantityWrite, InventoryKey>, WriteResult>(
        inventory,
        size,
        async (chunk) => {
          const answer = await updatePriceQuantity(client, toPriceQuantityBody(chunk), signal);
          if (!answer.ok) return answer;
          return { ok: true, value: toWriteResults(chunk, answer.value, context.now()) };
        },
      );
      const revised = await reviseStatuses(
        context,
        client,
        trading.map(({ key, item }) => ({ key, change: { quantity: item.quantity } })),
        signal,
      );
      const parts = [
        { at: inventory, results: pushed },
        { at: trading, results: revised },
      ];
      return inOrder<WriteResult>(writes.length, parts, silentAbout("this listing"));
    },

    async readListings(listings, signal) {
      const { inventory, trading } = sortedByKind(listings);
      const read = await readInventory(context, client, inventory, signal);
      const keys = trading.map(({ key }) => key);
      const items = await readItems(context, client, keys, signal);
      const parts = [
        { at: inventory, results: read },
        { at: trading, results: items },
      ];
      return inOrder<ReadResult>(listings.length, parts, silentAbout("this listing"));
    },
  };
}

export async function updatePriceQuantity(
  client: EbayClient,
  body: PriceQuantityBody,
  signal: AbortSignal,
): Promise<Answer<readonly PriceQuantityRow[]>> {
  const path = "/sell/inventory/v1/bulk_update_price_quantity";
  const call = { operation: "bulkUpdatePriceQuantity", method: "POST", path, body } as const;
  const answer = await client.rows(call, priceQuantityAnswer, signal);
  return answer.ok ? { ok: true, value: answer.value.responses } : answer;
}

/** At most `itemsPerCallMax` SKUs. */
export async function getInventoryItems(
  client: EbayClient,
  skus: readonly string[],
  signal: AbortSignal,
): Promise<Answer<readonly InventoryItemRow[]>> {
  const path = "/sell/inventory/v1/bulk_get_inventory_item";
  const body = { requests: skus.map((sku) => ({ sku })) };
  const call = { operation: "bulkGetInventoryItem", method: "POST", path, body } as const;
  const answer = await client.rows(call, inventoryItemsAnswer, signal);
  return answer.ok ? { ok: true, value: answer.value.responses } : answer;
}

export function getOffer(
  client: EbayClient,
  offerId: string,
  signal: AbortSignal,
): Promise<Answer<EbayOffer>> {
  const path = `/sell/inventory/v1/offer/${encodeURIComponent(offerId)}`;
  return client.rest({ operation: "getOffer", method: "GET", path }, offer, signal);
}

type KeyedRef = Keyed<ListingRef, InventoryKey>;

/** The offer says number, price and state; where it has no number of its own, or is not known, the item's is shown. */
async function readInventory(
  context: EbayContext,
  client: EbayClient,
  refs: readonly KeyedRef[],
  signal: AbortSignal,
): Promise<readonly ReadResult[]> {
  const size = { callSizeMax: 1, concurrencyMax: offersAtOnceMax };
  const offers = await inCalls<KeyedRef, { ok: true; offer: EbayOffer | null }>(
    refs,
    size,
    async ([ref]) => {
      const offerId = ref?.key.offerId;
      if (offerId === undefined) return { ok: true, value: [{ ok: true, offer: null }] };
      const answer = await getOffer(client, offerId, signal);
      return answer.ok ? { ok: true, value: [{ ok: true, offer: answer.value }] } : answer;
    },
  );
  const wanted = refs.filter((_, index) => needsItem(offers[index]));
  const rows = await itemRows(client, [...new Set(wanted.map(({ key }) => key.sku))], signal);
  return refs.map(({ key }, index): ReadResult => {
    const found = offers[index];
    if (!found) return silentAbout(key.sku);
    if (!found.ok) return found;
    const shown = found.offer && toOfferReading(found.offer);
    if (shown) return shown;
    return rows.ok ? toItemReading(key.sku, rows.value, found.offer, context.now()) : rows;
  });
}

function needsItem(found: Refused | { ok: true; offer: EbayOffer | null } | undefined): boolean {
  return found?.ok === true && found.offer?.availableQuantity == null;
}

async function itemRows(
  client: EbayClient,
  skus: readonly string[],
  signal: AbortSignal,
): Promise<Answer<readonly InventoryItemRow[]>> {
  const rows: InventoryItemRow[] = [];
  for (const chunk of chunked(skus, itemsPerCallMax)) {
    const answer = await getInventoryItems(client, chunk, signal);
    if (!answer.ok) return refused(answer.fault);
    rows.push(...answer.value);
  }
  return { ok: true, value: rows };
}
