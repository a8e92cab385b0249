import type {
  ChannelSession,
  ListingRef,
  QuantityWrite,
  ReadResult,
  WriteResult,
} from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { encoded, type Answer, type WalmartClient, type WalmartContext } from "./client.ts";
import { inCalls } from "./in-calls.ts";
import { readItem, readStock } from "./listing-reads.ts";
import {
  heldUnits,
  isHeldByWalmart,
  skuOf,
  toNodeResult,
  toReadResult,
  toWire,
  unsupportedWrite,
} from "./mapping.ts";
import { inventoryUpdate, nodeUpdates, wfsInventory } from "./wire.ts";

/** Pushing and reading quantities. */
export function inventoryOf(
  context: WalmartContext,
  client: WalmartClient,
): Pick<ChannelSession, "pushQuantities" | "readListings"> {
  const { shipNode } = context.settings;
  return {
    pushQuantities: (writes, signal) =>
      inCalls<QuantityWrite, WriteResult>(writes, async (write) => {
        if (isHeldByWalmart(write)) return unsupportedWrite;
        const sku = skuOf(write);
        // What Walmart itself has reserved is the best word on its unshipped orders (channels.md 6.2).
        const read = await readStock(client, { sku, shipNode }, signal);
        if (!read.ok) return read;
        const amount = toWire(write.quantity, read.stock.reserved);
        return writeStock(client, { sku, shipNode, amount }, signal);
      }),
    readListings: (listings, signal) =>
      inCalls<ListingRef, ReadResult>(listings, async (listing) => {
        const sku = skuOf(listing);
        const stock = isHeldByWalmart(listing)
          ? await readHeld(client, sku, signal)
          : await readStock(client, { sku, shipNode }, signal);
        if (!stock.ok) return stock;
        const item = await readItem(client, sku, signal);
        return item.ok ? toReadResult(stock.stock.available, item.value) : item;
      }),
  };
}

/** Sends a centre's number, units of unshipped orders included. */
export async function writeStock(
  client: WalmartClient,
  { sku, shipNode, amount }: StockWrite,
  signal: AbortSignal,
): Promise<WriteResult> {
  const quantity = { unit: "EACH", amount };
  if (shipNode !== null) {
    const inventories = { nodes: [{ shipNode, inputQty: quantity }] };
    const path = `/v3/inventories/${encoded(sku)}`;
    const answer = await client.call(
      { ...put(path, { inventories }), schema: nodeUpdates },
      signal,
    );
    return answer.ok ? toNodeResult(answer.value, shipNode) : answer;
  }
  const path = `/v3/inventory?sku=${encoded(sku)}`;
  const call = { ...put(path, { sku, quantity }), schema: inventoryUpdate };
  const answer = await client.call(call, signal);
  if (!answer.ok) return answer;
  const taken = answer.value.quantity.amount;
  return taken === amount ? { ok: true } : { ok: false, fault: otherNumber(sku, taken) };
}

interface StockWrite {
  readonly sku: string;
  readonly shipNode: string | null;
  readonly amount: number;
}

function put(path: string, body: unknown) {
  return { operation: "putInventory", method: "PUT" as const, path, body: JSON.stringify(body) };
}

function otherNumber(sku: string, taken: number): Fault {
  return {
    kind: "unexpected",
    message: `Walmart answered with ${taken} units of ${sku}, which is not what it was sent.`,
  };
}

/** What Walmart's own centres have of one SKU. */
async function readHeld(client: WalmartClient, sku: string, signal: AbortSignal) {
  const path = `/v3/fulfillment/inventory?sku=${encoded(sku)}`;
  const answer = await client.call(
    { operation: "getWfsInventory", method: "GET", path, schema: wfsInventory },
    signal,
  );
  if (!answer.ok) return answer;
  const row = answer.value.payload.inventory?.find((one) => one.sku === sku);
  if (!row) return notHeld(sku);
  return { ok: true as const, stock: { available: heldUnits(row) } };
}

function notHeld(sku: string): Extract<Answer<never>, { ok: false }> {
  const message = `Walmart's own centres do not know ${sku} any more.`;
  return { ok: false, fault: { kind: "unknown-listing", message } };
}
