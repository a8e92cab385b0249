import type { ChannelSession, PriceWrite, WriteResult } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Answer, EbayClient, EbayContext } from "./client.ts";
import { inCalls, inOrder, refused, silentAbout } from "./in-calls.ts";
import { pushBatchSizeMax, updatePriceQuantity } from "./inventory.ts";
import { sortedByKind, type InventoryKey, type Keyed } from "./listing-keys.ts";
import { toPriceBody, toWriteResults } from "./inventory-mapping.ts";
import { isOnMarketplace, marketplaceOf } from "./marketplaces.ts";
import { getOffers } from "./offers.ts";
import { reviseStatuses } from "./trading.ts";

type KeyedPrice = Keyed<PriceWrite, InventoryKey>;

/** Prices of both kinds of listing. A listing is priced in its site's currency and in no other. */
export function pricesOf(
  context: EbayContext,
  client: EbayClient,
): Required<Pick<ChannelSession, "setPrices">> {
  const currency = marketplaceOf(context.settings.marketplaceId)?.currency;
  return {
    async setPrices(writes, signal) {
      const foreign = writes.map(({ price }) =>
        currency === undefined || price.currency === currency
          ? null
          : refused(otherCurrency(currency)),
      );
      const { inventory, trading } = sortedByKind(writes);
      const own = inventory.filter(({ at }) => foreign[at] === null);
      const ownTrading = trading.filter(({ at }) => foreign[at] === null);
      const size = { callSizeMax: pushBatchSizeMax, concurrencyMax: 1 };
      const set = await inCalls<KeyedPrice, WriteResult>(own, size, (chunk) =>
        setInventoryPrices(context, client, chunk, signal),
      );
      const revised = await reviseStatuses(
        context,
        client,
        ownTrading.map(({ key, item }) => ({ key, change: { price: item.price } })),
        signal,
      );
      const parts = [
        { at: own, results: set },
        { at: ownTrading, results: revised },
      ];
      const results = inOrder<WriteResult>(writes.length, parts, silentAbout("this listing"));
      return results.map((result, at) => foreign[at] ?? result);
    },
  };
}

function otherCurrency(currency: string): Fault {
  return { kind: "rejected", message: `eBay takes prices of this listing in ${currency} only.` };
}

/** A price belongs to an offer: where its id is not known yet, it is looked up. */
async function setInventoryPrices(
  context: EbayContext,
  client: EbayClient,
  chunk: readonly KeyedPrice[],
  signal: AbortSignal,
): Promise<Answer<readonly WriteResult[]>> {
  const withOffers: (KeyedPrice & { readonly offerId: string })[] = [];
  const results = new Map<KeyedPrice, WriteResult>();
  for (const write of chunk) {
    const offerId = await offerIdOf(context, client, write.key, signal);
    if (offerId.ok) {
      const key = { ...write.key, offerId: offerId.value };
      withOffers.push({ ...write, key, offerId: offerId.value });
    } else {
      results.set(write, offerId);
    }
  }
  if (withOffers.length > 0) {
    const answer = await updatePriceQuantity(client, toPriceBody(withOffers), signal);
    if (!answer.ok) return answer;
    const written = toWriteResults(withOffers, answer.value, context.now());
    for (const [index, { at }] of withOffers.entries()) {
      const write = chunk.find((candidate) => candidate.at === at);
      const result = written[index];
      if (write && result) results.set(write, result);
    }
  }
  return {
    ok: true,
    value: chunk.map((write) => results.get(write) ?? silentAbout(write.key.sku)),
  };
}

async function offerIdOf(
  { settings }: EbayContext,
  client: EbayClient,
  { sku, offerId }: InventoryKey,
  signal: AbortSignal,
): Promise<Answer<string>> {
  if (offerId !== undefined) return { ok: true, value: offerId };
  const offers = await getOffers(client, sku, signal);
  if (!offers.ok) return offers;
  const own = offers.value.find(({ marketplaceId }) =>
    isOnMarketplace(marketplaceId, settings.marketplaceId),
  );
  if (own) return { ok: true, value: own.offerId };
  return refused({ kind: "unknown-listing", message: "eBay has no offer of this SKU here." });
}
