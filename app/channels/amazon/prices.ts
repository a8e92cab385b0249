import type { Fault } from "#app/domain/propagation/faults.ts";
import type { PriceWrite, WriteResult } from "../contract.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient } from "./client.ts";
import { writeEach } from "./inventory.ts";
import { priceChange } from "./listing-mapping.ts";
import { marketplaceOf } from "./marketplaces.ts";

/**
 * Sets the ordinary price of each SKU in the marketplace's currency; sale prices, bounds and business prices stay.
 * Amazon may take an offer off sale when the price jumps far ("potential pricing error"): a later read says so.
 */
export function setPrices(
  context: AmazonContext,
  client: AmazonClient,
  { writes, signal }: { readonly writes: readonly PriceWrite[]; readonly signal: AbortSignal },
): Promise<readonly WriteResult[]> {
  const { marketplaceId } = context.settings;
  const currency = marketplaceOf(marketplaceId)?.currency;
  const changeOf = ({ price }: PriceWrite) =>
    currency !== undefined && price.currency !== currency
      ? otherCurrencyFault(currency)
      : priceChange(marketplaceId, price);
  return writeEach(context, client, { writes, changeOf, signal });
}

function otherCurrencyFault(currency: string): Fault {
  return { kind: "rejected", message: `Amazon sells in ${currency} in this marketplace.` };
}
