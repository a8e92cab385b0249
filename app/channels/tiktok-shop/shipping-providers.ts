import type { Answer, TiktokShopClient, TiktokShopContext } from "./client.ts";
import type { ShippingProvider } from "./wire-account.ts";
import type { TiktokOrder } from "./wire.ts";

/** A list is asked for again after this long: carriers come and go with TikTok's contracts. */
const keptMsMax = 6 * 60 * 60_000;
/** Lists remembered by one process; the oldest is forgotten. */
const keptMax = 1_000;

interface KeptList {
  readonly providers: readonly ShippingProvider[];
  readonly at: number;
}

/** By account and delivery option, for all sessions of this process: shipments come one by one. */
const kept = new Map<string, KeptList>();

/** The carriers that an order may be shipped with: those of its delivery option. */
export async function providersOf(
  order: TiktokOrder,
  { context, client }: { readonly context: TiktokShopContext; readonly client: TiktokShopClient },
  signal: AbortSignal,
): Promise<Answer<readonly ShippingProvider[]>> {
  const option = await optionOf(order, { context, client }, signal);
  if (!option.ok) return option;
  const key = JSON.stringify([context.app.TIKTOK_SHOP_API_URL, context.accountId, option.value]);
  const now = context.now().getTime();
  const known = kept.get(key);
  if (known && now - known.at < keptMsMax) return { ok: true, value: known.providers };
  const answer = await client.getShippingProviders(option.value, signal);
  if (answer.ok) keep(key, { providers: answer.value, at: now });
  return answer;
}

function keep(key: string, list: KeptList): void {
  kept.delete(key);
  kept.set(key, list);
  const oldest = kept.keys().next();
  if (kept.size > keptMax && !oldest.done) kept.delete(oldest.value);
}

/** The order's delivery option; of an order that names none, the seller's own way of shipping from its warehouse. */
async function optionOf(
  order: TiktokOrder,
  { context, client }: { readonly context: TiktokShopContext; readonly client: TiktokShopClient },
  signal: AbortSignal,
): Promise<Answer<string>> {
  if (order.delivery_option_id) return { ok: true, value: order.delivery_option_id };
  const warehouseId = order.warehouse_id ?? context.settings.warehouseId;
  const answer = await client.getDeliveryOptions(warehouseId, signal);
  if (!answer.ok) return answer;
  const options = answer.value.delivery_options ?? [];
  const option = options.find(({ type }) => type === "SEND_BY_SELLER") ?? options[0];
  if (option) return { ok: true, value: option.id };
  const message = "TikTok Shop names no way of delivery for this order's warehouse.";
  return { ok: false, fault: { kind: "rejected", message } };
}
