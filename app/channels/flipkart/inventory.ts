import type {
  ChannelSession,
  ListingRef,
  QuantityWrite,
  ReadResult,
  WriteResult,
} from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Answer, FlipkartClient, FlipkartContext } from "./client.ts";
import { faultOfRow, nothingAbout, unreadableAnswer } from "./errors.ts";
import { callSizeMax, inCalls } from "./in-calls.ts";
import { bySku, listingIn, locationsOf, skuOf, toReadResult, unwritable } from "./mapping.ts";
import { updateRow, type InventoryBody, type LocationWrite } from "./wire.ts";

export const pushBatchSizeMax = callSizeMax;

/** Pushing and reading quantities, and taking listings off sale by disabling our locations. */
export function inventoryOf(
  context: FlipkartContext,
  client: FlipkartClient,
): Required<
  Pick<ChannelSession, "pushQuantities" | "readListings" | "endListings" | "relistListings">
> {
  const { locationIds } = context.settings;
  const write = <Item extends ListingRef>(
    items: readonly Item[],
    locations: (item: Item) => readonly LocationWrite[],
    signal: AbortSignal,
  ) =>
    inCalls<Item, WriteResult>(items, unwritable, async (chunk) => {
      const body = bySku(chunk, (item) => ({ locations: locations(item) }));
      const answer = await updateInventory(client, body, signal);
      return answer.ok ? { ok: true, value: toWriteResults(answer.value, chunk) } : answer;
    });
  const withStatus = (quantity: number, status: "ENABLED" | "DISABLED") =>
    locationsOf(quantity, locationIds).map((location) => ({ ...location, status }));
  return {
    pushQuantities: (writes: readonly QuantityWrite[], signal) =>
      write(writes, ({ quantity }) => locationsOf(quantity, locationIds), signal),
    readListings: (listings, signal) =>
      inCalls<ListingRef, ReadResult>(
        listings,
        () => null,
        async (chunk) => {
          const answer = await client.getListings([...new Set(chunk.map(skuOf))], signal);
          if (!answer.ok) return answer;
          const value = chunk.map((ref) => toReadResult(answer.value, ref, locationIds));
          return { ok: true, value };
        },
      ),
    endListings: (listings, signal) => write(listings, () => withStatus(0, "DISABLED"), signal),
    relistListings: (writes: readonly QuantityWrite[], signal) =>
      write(writes, ({ quantity }) => withStatus(quantity, "ENABLED"), signal),
  };
}

/** One result per write of a batch, each from its own SKU's row. */
export function toWriteResults(
  answer: Readonly<Record<string, unknown>>,
  writes: readonly ListingRef[],
): readonly WriteResult[] {
  return writes.map((write) => {
    const sku = skuOf(write);
    if (!Object.hasOwn(answer, sku)) return { ok: false, fault: nothingAbout(sku) };
    const row = updateRow.safeParse(answer[sku]);
    if (!row.success) return { ok: false, fault: unreadableAnswer(200) };
    // A warning was written: "needs attention", not "no".
    if (row.data.status === "SUCCESS" || row.data.status === "WARNING") return { ok: true };
    return { ok: false, fault: faultOfRow(row.data) };
  });
}

/**
 * Writes numbers. The document marks each location's `status` as required, the manual and the official sample do
 * without (channels.md 9): it is left out, because ENABLED would put a paused listing back on sale. Should Flipkart
 * ask for it, each location gets the one that it has.
 */
async function updateInventory(
  client: FlipkartClient,
  body: InventoryBody,
  signal: AbortSignal,
): Promise<Answer<Readonly<Record<string, unknown>>>> {
  const answer = await client.updateInventory(body, signal);
  if (answer.ok || !asksForStatus(answer.fault)) return answer;
  const skus = Object.keys(body);
  const read = await client.getListings(skus, signal);
  if (!read.ok) return read;
  const withStatus = Object.entries(body).map(([sku, row]) => {
    const found = listingIn(read.value, sku);
    const known = new Map(
      (found.ok ? (found.listing.locations ?? []) : []).map(({ id, status }) => [id, status]),
    );
    const locations = row.locations.map((location) => ({
      ...location,
      // A location that the listing does not have yet is added to be sold from.
      status: location.status ?? known.get(location.id) ?? "ENABLED",
    }));
    return [sku, { ...row, locations }] as const;
  });
  return client.updateInventory(Object.fromEntries(withStatus), signal);
}

function asksForStatus({ kind, message }: Fault): boolean {
  return kind === "rejected" && /\bstatus\b/i.test(message);
}
