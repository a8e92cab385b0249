import type { OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";

export type OrdersResult =
  | { readonly ok: true; readonly orders: readonly OrderSnapshot[] }
  | { readonly ok: false; readonly fault: Fault };

export type OrdersPage =
  | {
      readonly ok: true;
      readonly orders: readonly OrderSnapshot[];
      /** Give it back to get the next page, or the next poll. */
      readonly cursor: string;
      readonly more: boolean;
    }
  | { readonly ok: false; readonly fault: Fault };

/** Carriers every channel knows by a code of its own; anything else goes by `carrierName`. */
export const carriers = [
  "ups",
  "usps",
  "fedex",
  "dhl",
  "royal-mail",
  "dpd",
  "gls",
  "hermes",
  "canada-post",
  "australia-post",
  "delhivery",
  "blue-dart",
  "other",
] as const;
export type Carrier = (typeof carriers)[number];

/** One parcel of one order. */
export interface Shipment {
  /** Ours, one per parcel: a repeat of the same parcel carries the same id. UUID. */
  readonly shipmentId: string;
  readonly orderId: string;
  /** 1 for the order's first parcel, 2 for its second …, for channels that number them (Amazon). */
  readonly parcelNumber: number;
  /** What is in it; fewer units than were ordered make a partial shipment. At least one line. */
  readonly lines: readonly { readonly lineId: string; readonly quantity: number }[];
  readonly carrier: Carrier;
  /** The carrier's name for people; what is sent where `carrier` is "other". */
  readonly carrierName: string;
  readonly trackingNumber: string;
  /** The parcel's page at the carrier, where there is one. */
  readonly trackingUrl: string | null;
  /** ISO 8601. */
  readonly shippedAt: string;
}

/**
 * `already`: the channel had this very parcel before, and nothing was sent again. Shipments are not harmless to
 * repeat (channels.md 11): a session reads before it repeats.
 */
export type ShipmentResult =
  { readonly ok: true; readonly already: boolean } | { readonly ok: false; readonly fault: Fault };

/** How an account stands with its channel. */
export type AccountHealth =
  | {
      readonly ok: true;
      readonly standing: "good" | "at-risk" | "bad";
      readonly metrics: readonly HealthMetric[];
      /** ISO 8601, where the channel says when it looked. */
      readonly asOf: string | null;
    }
  | { readonly ok: false; readonly fault: Fault };

export interface HealthMetric {
  /** The channel's own name for it: "ORDER_DEFECT_RATE". */
  readonly name: string;
  /** For merchants: "Order defect rate". */
  readonly label: string;
  /** A share between 0 and 1, or a count, as `unit` says. */
  readonly value: number;
  readonly unit: "share" | "count";
  /** Above it the channel acts against the account; null where it names no limit. */
  readonly limit: number | null;
}
