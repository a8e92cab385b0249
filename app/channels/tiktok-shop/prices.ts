import type { ChannelSession, PriceWrite, WriteResult } from "#app/channels/contract.ts";
import { mapBounded } from "#app/channels/map-bounded.ts";
import { decimalOf } from "#app/domain/money.ts";
import type { TiktokShopParts } from "./inventory.ts";
import { priceOf, toPriceBody } from "./mapping-products.ts";
import { callsInFlightMax, inProductCalls, knownIds } from "./product-calls.ts";
import type { TiktokProduct } from "./wire-products.ts";

/** Setting prices. TikTok's answer is always empty, so what it shows afterwards is read and compared. */
export function pricesOf({
  context,
  client,
}: TiktokShopParts): Required<Pick<ChannelSession, "setPrices">> {
  return {
    async setPrices(writes, signal) {
      const results = await inProductCalls(writes, (group) => {
        const positions = [...group.positionsBySku.values()].flat();
        const ones = positions.flatMap((position) => writes[position] ?? []);
        const body = toPriceBody(ones, (write) => knownIds(write).skuId, context.settings);
        return client.updatePrices(group.productId, body, signal);
      });
      const taken = writes.filter((_, position) => results[position]?.ok);
      const productIds = [...new Set(taken.map((write) => knownIds(write).productId))];
      const products = await mapBounded(productIds, callsInFlightMax, (productId) =>
        client.getProduct(productId, signal),
      );
      // What cannot be read now was taken all the same.
      const shown = new Map(
        products.flatMap((answer) => (answer.ok ? [[answer.value.id, answer.value] as const] : [])),
      );
      return writes.map((write, position): WriteResult => {
        const result = results[position] ?? { ok: true };
        return result.ok ? compared(write, shown.get(knownIds(write).productId)) : result;
      });
    },
  };
}

/** A price that was taken and is not shown is asked for again: edits may wait for TikTok's audit (channels.md 1.5). */
function compared(write: PriceWrite, product: TiktokProduct | undefined): WriteResult {
  const { skuId } = knownIds(write);
  const sku = product?.skus?.find(({ id }) => id === skuId);
  const shown = sku ? priceOf(sku) : null;
  const { minor, currency } = write.price;
  if (!shown || (shown.minor === minor && shown.currency === currency)) return { ok: true };
  const wanted = `${decimalOf(write.price)} ${currency}`;
  const found = `${decimalOf(shown)} ${shown.currency}`;
  const message = `TikTok Shop took ${wanted} for ${write.sku} and still shows ${found}.`;
  return { ok: false, fault: { kind: "unexpected", message } };
}
