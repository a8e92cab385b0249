import type { ChannelSession, PriceWrite, WriteResult } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { FlipkartClient } from "./client.ts";
import { unreadableAnswer } from "./errors.ts";
import { inCalls } from "./in-calls.ts";
import { toWriteResults } from "./inventory.ts";
import { bySku, currency, listingIn, productIdOf, rupeesOf, skuOf, unwritable } from "./mapping.ts";
import type { ListingsAnswer, PriceBody } from "./wire.ts";

type WirePrice = PriceBody[string]["price"];
type Wanted =
  { readonly ok: true; readonly price: WirePrice } | { readonly ok: false; readonly fault: Fault };

/**
 * Setting selling prices. Flipkart wants the maximum retail price beside each: it is printed on the goods, so the one
 * that the listing has is read and sent back, and a price above it is refused.
 */
export function pricesOf(client: FlipkartClient): Required<Pick<ChannelSession, "setPrices">> {
  return {
    setPrices: (writes, signal) =>
      inCalls<PriceWrite, WriteResult>(writes, beforehand, async (chunk) => {
        const read = await client.getListings([...new Set(chunk.map(skuOf))], signal);
        if (!read.ok) return read;
        const rows = chunk.map((write) => ({ write, wanted: wantedPrice(read.value, write) }));
        const sent = rows.flatMap(({ write, wanted }) =>
          wanted.ok ? [{ ...write, wire: wanted.price }] : [],
        );
        const body = bySku(sent, ({ wire }) => ({ price: wire }));
        const answer =
          sent.length > 0
            ? await client.updatePrice(body, signal)
            : ({ ok: true, value: {} } as const);
        if (!answer.ok) return answer;
        const value = rows.flatMap(({ write, wanted }) =>
          wanted.ok ? toWriteResults(answer.value, [write]) : [wanted],
        );
        return { ok: true, value };
      }),
  };
}

/** What can be told without Flipkart. Its own stock is the seller's to price; only the number is not. */
function beforehand(write: PriceWrite): Fault | null {
  if (productIdOf(write) === undefined) return unwritable(write);
  const price = rupeesOf(write.price, Infinity);
  return price.ok ? null : price.fault;
}

function wantedPrice(answer: ListingsAnswer, write: PriceWrite): Wanted {
  const found = listingIn(answer, skuOf(write));
  if (!found.ok) return found;
  const { price } = found.listing;
  if (!price) return { ok: false, fault: unreadableAnswer(200) };
  const wanted = rupeesOf(write.price, price.mrp);
  if (!wanted.ok) return wanted;
  return { ok: true, price: { mrp: price.mrp, selling_price: wanted.rupees, currency } };
}
