import { encoded, type Answer, type WalmartClient } from "./client.ts";
import { stockOf, type StockAnswer } from "./mapping.ts";
import { itemAnswer, nodeInventory, type WalmartItem } from "./wire.ts";

/** What the connection's centre has of one SKU now. */
export async function readStock(
  client: WalmartClient,
  { sku, shipNode }: { readonly sku: string; readonly shipNode: string | null },
  signal: AbortSignal,
): Promise<StockAnswer> {
  const path = `/v3/inventories/${encoded(sku)}`;
  const answer = await client.call(
    { operation: "getInventory", method: "GET", path, schema: nodeInventory },
    signal,
  );
  return answer.ok ? stockOf(answer.value, shipNode) : answer;
}

/** One item with its price and states. */
export async function readItem(
  client: WalmartClient,
  sku: string,
  signal: AbortSignal,
): Promise<Answer<WalmartItem>> {
  const path = `/v3/items/${encoded(sku)}?productIdType=SKU`;
  const answer = await client.call(
    { operation: "getItem", method: "GET", path, schema: itemAnswer },
    signal,
  );
  if (!answer.ok) return answer;
  // The list of one cannot be empty; its type does not say so.
  if (answer.value !== undefined) return { ok: true, value: answer.value };
  const message = `Walmart's answer holds no item ${sku}.`;
  return { ok: false, fault: { kind: "unexpected", message } };
}
