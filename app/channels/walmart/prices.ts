import type { ChannelSession, PriceWrite, WriteResult } from "#app/channels/contract.ts";
import { decimalOf } from "#app/domain/money.ts";
import type { WalmartClient } from "./client.ts";
import { forOneCall } from "./errors.ts";
import { inCalls } from "./in-calls.ts";
import { skuOf } from "./mapping.ts";
import { priceUpdate } from "./wire.ts";

/** Walmart's US marketplace knows no other. */
const marketCurrency = "USD";

/** Setting prices, one call each: 100 an hour. */
export function pricesOf(client: WalmartClient): Required<Pick<ChannelSession, "setPrices">> {
  return {
    setPrices: (writes, signal) =>
      inCalls<PriceWrite, WriteResult>(writes, async (write) => {
        if (write.price.currency !== marketCurrency) return wrongCurrency(write);
        const answer = await client.call(
          {
            operation: "putPrice",
            method: "PUT",
            path: "/v3/price",
            body: JSON.stringify(toPriceBody(write)),
            schema: priceUpdate,
          },
          signal,
        );
        if (answer.ok) return { ok: true };
        return { ok: false, fault: forOneCall(answer.fault, "set prices") };
      }),
  };
}

/** WFS items too: Walmart holds their stock, the seller sets their price. */
function toPriceBody(write: PriceWrite) {
  const currentPrice = { currency: marketCurrency, amount: Number(decimalOf(write.price)) };
  return { sku: skuOf(write), pricing: [{ currentPriceType: "BASE", currentPrice }] };
}

function wrongCurrency({ price }: PriceWrite): WriteResult {
  const message = `Walmart sells in ${marketCurrency}; a price in ${price.currency} cannot be set.`;
  return { ok: false, fault: { kind: "rejected", message } };
}
