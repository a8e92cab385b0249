import type { DemoSku } from "../catalogue.ts";

/** The demo merchant's server: what it is called, and the secret both sides know. It opens nothing but the sandbox. */
export const demoServer = {
  name: "Demo POS",
  currency: "USD",
  secret: `whsec_${Buffer.from("lockstep-sandbox-secret-32-bytes").toString("base64")}`,
  /** What it announces: calls a second, rows a call. */
  ratePerSecond: 20,
  batch: 100,
} as const;

export const demoPowers: readonly string[] = [
  "quantities",
  "listings",
  "prices",
  "states",
  "orders",
  "shipments",
  "events",
];

/** The server's own name of an article, which is not its SKU: "P-12". */
export function keyOfSku(sku: DemoSku): string {
  return `P-${String(Number(sku.shopify.variantId) - 8_000_000_000_000)}`;
}
