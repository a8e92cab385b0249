import type { ChannelSession } from "#app/channels/contract.ts";
import { decimalOf } from "#app/domain/money.ts";
import type { CustomClient } from "./client.ts";
import type { CustomContext } from "./context.ts";
import { VersionClock } from "./version.ts";
import { writeRows } from "./write-rows.ts";

/** Prices have versions of their own, compared apart from those of quantities. */
const versions = new VersionClock();

/** Writing prices. The currency is the server's to check: it knows what it sells in. */
export function pricesOf(
  { settings: { batch }, now }: CustomContext,
  client: CustomClient,
): Required<Pick<ChannelSession, "setPrices">> {
  return {
    setPrices: (writes, signal) =>
      writeRows(writes, {
        row: ({ sku, price }, key) => ({
          key,
          sku,
          price: { amount: decimalOf(price), currency: price.currency },
          version: versions.next(now().getTime()),
        }),
        send: (items) => client.putPrices(items, signal),
        batch,
        now,
      }),
  };
}
