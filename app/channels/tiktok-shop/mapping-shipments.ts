import type { Carrier, Shipment } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { cancelledStatuses, partsOf } from "./mapping.ts";
import type { ShippingProvider } from "./wire-account.ts";
import type { TiktokOrder, TiktokOrderLine } from "./wire.ts";

/** What to tell TikTok about a parcel. */
export type ShipmentPlan =
  /** Every unit of it was told before, under this tracking number. */
  | { readonly kind: "already" }
  | { readonly kind: "refused"; readonly fault: Fault }
  | { readonly kind: "ship"; readonly units: readonly OpenUnit[] };

/** A line item (one unit, or one virtual bundle) that nobody shipped yet. */
export interface OpenUnit {
  readonly id: string;
  readonly packageId: string | null;
}

/**
 * Which of an order's units a parcel holds: TikTok names each unit apart, our lines count them by SKU. Units that carry
 * the parcel's tracking number already are not told again.
 */
export function planShipment(order: TiktokOrder, shipment: Shipment): ShipmentPlan {
  const refusal = refusalOf(order);
  if (refusal) return { kind: "refused", fault: refusal };
  const wanted = new Map<string, number>();
  for (const { lineId, quantity } of shipment.lines) {
    wanted.set(lineId, (wanted.get(lineId) ?? 0) + quantity);
  }
  const items = readableItems(order);
  const tracking = plain(shipment.trackingNumber);
  for (const item of items) {
    if (plain(item.tracking_number ?? "") === tracking) take(item, wanted);
  }
  if (isEmpty(wanted)) return { kind: "already" };
  const units = chooseUnits(items, wanted);
  if (isEmpty(wanted)) return { kind: "ship", units };
  const message =
    "The parcel holds more than is left to ship of this order at TikTok Shop: units were cancelled there, or shipped with another tracking number.";
  return { kind: "refused", fault: { kind: "rejected", message } };
}

/** Units that nobody shipped and that are wanted; what they hold is taken off `wanted`. */
function chooseUnits(items: readonly TiktokOrderLine[], wanted: Map<string, number>): OpenUnit[] {
  return items.flatMap((item) => {
    if (!item.id || item.tracking_number || !fits(item, wanted)) return [];
    take(item, wanted);
    return [{ id: item.id, packageId: item.package_id ?? null }];
  });
}

function refusalOf(order: TiktokOrder): Fault | null {
  if (cancelledStatuses.has(order.status)) {
    return { kind: "rejected", message: "The order was cancelled at TikTok Shop." };
  }
  if (order.shipping_type === "TIKTOK") {
    const message =
      "TikTok ships this order itself: buy its label in Seller Center, no tracking number can be given.";
    return { kind: "unsupported", message };
  }
  if (order.status === "UNPAID" || order.status === "ON_HOLD") {
    const message =
      "TikTok Shop holds the order: it is not paid yet, or the buyer may still cancel for about an hour.";
    return { kind: "locked", message };
  }
  return null;
}

function readableItems(order: TiktokOrder): readonly TiktokOrderLine[] {
  return (order.line_items ?? []).flatMap((wire) => {
    const isOpen = wire.ok && !cancelledStatuses.has(wire.line.display_status ?? order.status);
    return isOpen ? [wire.line] : [];
  });
}

/** A tracking number as it is compared: platforms change its case and its blanks. */
function plain(trackingNumber: string): string {
  return trackingNumber.replace(/[\s-]/g, "").toUpperCase();
}

function fits(item: TiktokOrderLine, wanted: ReadonlyMap<string, number>): boolean {
  return partsOf(item).every((part) => (wanted.get(part.sku_id) ?? 0) >= part.sku_count);
}

function take(item: TiktokOrderLine, wanted: Map<string, number>): void {
  for (const part of partsOf(item)) {
    const left = wanted.get(part.sku_id);
    if (left !== undefined) wanted.set(part.sku_id, left - part.sku_count);
  }
}

function isEmpty(wanted: ReadonlyMap<string, number>): boolean {
  return [...wanted.values()].every((quantity) => quantity <= 0);
}

/** Packages that hold exactly these units; null where a package holds others too, or a unit is in none. */
export function wholePackages(
  order: TiktokOrder,
  units: readonly OpenUnit[],
): readonly string[] | null {
  const chosen = new Set(units.map(({ id }) => id));
  const packages = new Set(units.map(({ packageId }) => packageId));
  const isWhole = readableItems(order).every(
    (item) => !packages.has(item.package_id ?? null) || chosen.has(item.id ?? ""),
  );
  const ids = [...packages].flatMap((id) => id ?? []);
  return isWhole && ids.length === packages.size ? ids : null;
}

/** What providers are called where TikTok has one for a carrier of ours; the most usual first. */
const names: Readonly<Record<Carrier, readonly string[]>> = {
  ups: ["UPS"],
  usps: ["USPS"],
  fedex: ["FedEx"],
  dhl: ["DHL Express", "DHL eCommerce", "DHL"],
  "royal-mail": ["Royal Mail"],
  dpd: ["DPD", "DPD UK"],
  gls: ["GLS"],
  hermes: ["Evri", "Hermes"],
  "canada-post": ["Canada Post"],
  "australia-post": ["Australia Post"],
  delhivery: ["Delhivery"],
  "blue-dart": ["Blue Dart"],
  other: [],
};
/** What TikTok calls a carrier it does not list, where it lets one be named at all. */
const others = ["Other", "Others"];

/**
 * The provider a parcel goes by: of the carrier's own name, of a name that begins with it, or "Other". Null where TikTok
 * offers none of them for this way of delivery.
 */
export function providerFor(
  providers: readonly ShippingProvider[],
  { carrier, carrierName }: Pick<Shipment, "carrier" | "carrierName">,
): ShippingProvider | null {
  const wanted = [carrierName, ...names[carrier]].map(letters).filter(Boolean);
  const named = (fits: (name: string, want: string) => boolean, list: readonly string[]) =>
    list
      .map((want) => providers.find((provider) => fits(letters(provider.name), want)))
      .find((provider) => provider !== undefined);
  return (
    named((name, want) => name === want, wanted) ??
    named((name, want) => name.startsWith(want), wanted) ??
    named((name, want) => name === want, others.map(letters)) ??
    null
  );
}

function letters(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
