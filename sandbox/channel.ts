import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * One simulated platform. It keeps its own stock, sells it to simulated buyers, lowers its own number
 * on its own sale as the real one does, and tells the app in its own way (webhook, queue).
 */
export interface SandboxPlatform {
  /** "shopify" | "amazon" | "ebay" | "tiktok-shop"; mounted at /<id>/… */
  readonly id: string;
  /** Serves one request under its prefix. `path` has no prefix and no query. */
  handle(request: SandboxRequest, response: ServerResponse): Promise<void>;
  /** Serves the platform's own pages at /admin, where it has them (Shopify's admin). */
  handleAdmin?(request: SandboxRequest, response: ServerResponse): Promise<void>;
  /** A buyer wants `quantity` of `sku` now. Refused when the platform shows too little. */
  placeOrder(order: BuyerOrder): OrderOutcome;
  /** A buyer or seller cancels a whole order: stock returns on the platform and the app is told. */
  cancelOrder(orderId: string): boolean;
  /** What a buyer sees for the SKU now (all locations), or null when not listed. */
  shown(sku: string): number | null;
  /** A part of an order is cancelled, where the platform has that. */
  cancelUnits?(orderId: string, units: number): boolean;
  /** A buyer sends units back, or they arrive; the app is told where the platform tells. */
  putReturn?(orderId: string, returned: SandboxReturn): boolean;
  /** Units of an order that the seller reported as shipped, by the platform's line id, with their tracking numbers. */
  shipments(orderId: string): readonly SandboxParcel[];
  /** A person changes the number at the platform by hand. */
  setShown(sku: string, quantity: number): void;
  /** Everything needed to come back after a restart (JSON-safe). */
  snapshot(): unknown;
  restore(snapshot: unknown): void;
}

export interface SandboxRequest {
  readonly incoming: IncomingMessage;
  readonly method: string;
  readonly path: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: Buffer;
}

/** One parcel as the seller reported it. */
export interface SandboxParcel {
  readonly trackingNumber: string;
  /** The carrier in the platform's own words. */
  readonly carrier: string;
  readonly lines: readonly { readonly lineId: string; readonly quantity: number }[];
}

export interface SandboxReturn {
  readonly returnId: string;
  readonly units: number;
  readonly state: "requested" | "received" | "closed";
}

export interface BuyerOrder {
  readonly sku: string;
  readonly quantity: number;
}

export type OrderOutcome =
  | { readonly accepted: true; readonly orderId: string; readonly placedAtMs: number }
  | { readonly accepted: false; readonly reason: "sold-out" | "not-listed" };

/** One write that the app made at a platform; the sandbox's own record, for tests and reports. */
export interface WriteRecord {
  readonly platform: string;
  readonly sku: string;
  /** What the platform shows after the write. */
  readonly shown: number;
  readonly atMs: number;
}
