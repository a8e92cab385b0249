import { z } from "zod";
import type { SandboxParcel } from "../channel.ts";
import type { ShelfOrder } from "../shelf.ts";
import { linesOf } from "./order-lines.ts";

/** specs/walmart orders: `carrierName.carrier`, those of parcels to buyers. */
const carriers = [
  "UPS",
  "USPS",
  "FedEx",
  "OnTrac",
  "DHL Ecommerce - US",
  "DHL",
  "LS",
  "UDS",
  "UPSMI",
  "FDX",
  "GLS",
  "Royal Mail",
  "Canada Post",
  "Deutsche Post",
] as const;

const trackingInfo = z.object({
  shipDateTime: z.number().int().positive(),
  carrierName: z.union([
    z.object({ carrier: z.enum(carriers) }),
    z.object({ otherCarrier: z.string().min(1) }),
  ]),
  methodCode: z.enum(["Standard", "Express", "OneDay", "Freight", "WhiteGlove", "Value"]),
  trackingNumber: z.string().min(1),
  trackingURL: z.url().optional(),
});

const shape = z.object({
  orderShipment: z.object({
    orderLines: z.object({
      orderLine: z
        .array(
          z.object({
            lineNumber: z.string(),
            sellerOrderId: z.string().min(1).max(30),
            orderLineStatuses: z.object({
              orderLineStatus: z
                .array(
                  z.object({
                    status: z.literal("Shipped"),
                    statusQuantity: z.object({
                      unitOfMeasurement: z.enum(["EACH", "EA"]),
                      amount: z.string().regex(/^[1-9]\d{0,5}$/),
                    }),
                    trackingInfo,
                  }),
                )
                .min(1),
            }),
          }),
        )
        .min(1),
    }),
  }),
});

/** What a shipping call asks for, or why it is refused. */
export type ShippingRequest =
  { readonly parcels: readonly SandboxParcel[] } | { readonly refusal: string };

/** Reads `POST /v3/orders/{id}/shipping`. Units that are shipped or cancelled cannot be shipped. */
export function readShipping(body: unknown, order: ShelfOrder): ShippingRequest {
  const given = shape.safeParse(body);
  if (!given.success) return { refusal: given.error.issues[0]?.path.join(".") ?? "body" };
  const open = new Map(linesOf(order).map((line) => [line.lineNumber, line.open]));
  const parcels = new Map<string, { carrier: string; lines: SandboxParcel["lines"] }>();
  for (const line of given.data.orderShipment.orderLines.orderLine) {
    for (const status of line.orderLineStatuses.orderLineStatus) {
      const units = Number(status.statusQuantity.amount);
      const left = open.get(line.lineNumber) ?? 0;
      if (units > left) return { refusal: `line ${line.lineNumber} is not open for ${units}` };
      open.set(line.lineNumber, left - units);
      const { carrierName, trackingNumber, trackingURL } = status.trackingInfo;
      if ("otherCarrier" in carrierName && trackingURL === undefined) {
        return { refusal: "trackingURL is mandatory with otherCarrier" };
      }
      const carrier =
        "carrier" in carrierName ? carrierName.carrier : `other:${carrierName.otherCarrier}`;
      const known = parcels.get(trackingNumber) ?? { carrier, lines: [] };
      const lines = [...known.lines, { lineId: line.lineNumber, quantity: units }];
      parcels.set(trackingNumber, { ...known, lines });
    }
  }
  return {
    parcels: [...parcels].map(([trackingNumber, parcel]) => ({ trackingNumber, ...parcel })),
  };
}
