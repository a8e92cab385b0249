import { setTimeout as pause } from "node:timers/promises";
import { channelIds, type SandboxClient } from "./sandbox-client.ts";

export interface Sale {
  readonly sandbox: SandboxClient;
  readonly skus: readonly string[];
  readonly orders: number;
  readonly ratePerSecond: number;
  /** What happens in the middle: by the number of the order before which it starts. */
  readonly incidents: Readonly<Record<number, () => Promise<void> | void>>;
}

export interface SaleResult {
  readonly ordersAccepted: number;
  readonly ordersRefused: number;
}

/** Units of one order. */
const quantities = [1, 2, 1, 3, 1] as const;

/** Buyers on all channels at a steady rate, the same orders at every run. Incidents do not slow them down. */
export async function runSale(sale: Sale): Promise<SaleResult> {
  const { sandbox, skus, orders, ratePerSecond, incidents } = sale;
  const startedAtMs = Date.now();
  const underWay: Promise<void>[] = [];
  let ordersAccepted = 0;
  for (let number = 0; number < orders; number += 1) {
    const incident = incidents[number];
    if (incident) underWay.push(Promise.resolve(incident()));
    const dueAtMs = startedAtMs + (number * 1_000) / ratePerSecond;
    if (dueAtMs > Date.now()) await pause(dueAtMs - Date.now());
    const channel = channelIds[number % channelIds.length] ?? "shopify";
    // Not in step with the channels: every SKU is sold on every one of them.
    const sku = skus[Math.floor(number / 3) % skus.length] ?? "";
    const quantity = quantities[number % quantities.length] ?? 1;
    if ((await sandbox.order(channel, sku, quantity)).accepted) ordersAccepted += 1;
  }
  await Promise.all(underWay);
  return { ordersAccepted, ordersRefused: orders - ordersAccepted };
}
