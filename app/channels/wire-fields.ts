import { z } from "zod";
import type { OrderLineSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { logger } from "#app/lib/logger.ts";
import { isStorable } from "./storable.ts";
import { problemOf } from "./unreadable.ts";

/** Longest id taken into the ledger. The platforms' own are below 100. */
const idCharsMax = 200;
/** Longest SKU; no platform documents a longer one than Shopify's 255. */
const skuCharsMax = 255;
/** Years an order can be of: outside of them a clock is wrong. */
const yearMin = 2000;
const yearMax = 2099;

const storable = z.string().refine(isStorable, "holds characters that no text may have");

/** An id as text. */
export const idText = storable.min(1).max(idCharsMax);

/** The merchant's SKU, when there is one. */
export const skuText = storable.max(skuCharsMax).nullish();

/** A number of units: a whole number, or the text of its digits. */
export const units = z.union([
  z.number().int(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);

/** A time as text, of a year that can be. */
export const timeText = z.string().refine((text) => {
  const year = new Date(text).getUTCFullYear();
  return year >= yearMin && year <= yearMax;
}, "is not a time");

/** One line of an order: read, or why it cannot be. */
export type WireLine<Line> =
  | { readonly ok: true; readonly line: Line }
  | { readonly ok: false; readonly lineId: string | null; readonly reason: string };

/** A line on its own: one that cannot be read must not cost the order's others. */
export function lineOf<Line>(schema: z.ZodType<Line>, idField: string) {
  return z.unknown().transform((raw): WireLine<Line> => {
    const read = schema.safeParse(raw);
    if (read.success) return { ok: true, line: read.data };
    const holder = z.looseObject({ [idField]: z.union([idText, z.number().int()]) }).safeParse(raw);
    const lineId = holder.success ? String(holder.data[idField]) : null;
    return { ok: false, lineId, reason: problemOf(read.error, raw) };
  });
}

/**
 * The orders of an answer that can be read: one that cannot must not cost the others. It is logged and
 * left out, as if the channel did not give it; an event that announced it ends as a dead letter.
 */
export function readableOrders<Order>(schema: z.ZodType<Order>, channel: string) {
  return z.array(z.unknown()).transform((rows): Order[] =>
    rows.flatMap((row) => {
      const read = schema.safeParse(row);
      if (read.success) return [read.data];
      logger.warn({ channel, problem: problemOf(read.error, row) }, "an order cannot be read");
      return [];
    }),
  );
}

/** An unreadable line as the ledger takes it. @param position from 0; names a line without an id */
export function unreadableLine(
  { lineId, reason }: { readonly lineId: string | null; readonly reason: string },
  position: number,
): OrderLineSnapshot {
  return {
    lineId: lineId ?? `#${position + 1}`,
    orderKey: null,
    sku: null,
    quantity: 0,
    unreadable: reason,
    shipped: 0,
    externalLocationId: null,
  };
}

/** Of a line that names nothing that could be sold. */
export const noSkuReason = "the channel gave no SKU";
