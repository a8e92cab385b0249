import { z } from "zod";
import { parseFields, type ParsedFields } from "#app/lib/parse-fields.ts";
import { adjustmentMax } from "#app/services/stock/adjust-stock.ts";

const reasonLengthMax = 200;

/** No NUL and no half of a character pair: PostgreSQL stores neither. */
function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

const adjustmentInput = z.strictObject({
  /** Left out: the location that orders are taken from first. */
  locationId: z.uuid({ error: "Choose a location." }).toLowerCase().optional(),
  delta: z
    .int({ error: "Give a whole number, such as 5 or -2." })
    .min(-adjustmentMax, { error: `At most ${adjustmentMax.toLocaleString("en")} at a time.` })
    .max(adjustmentMax, { error: `At most ${adjustmentMax.toLocaleString("en")} at a time.` })
    .refine((delta) => delta !== 0, { error: "Zero changes nothing." }),
  reason: z
    .string({ error: "Say why, in a few words." })
    .trim()
    .refine(isPlainText, { error: "Contains characters that cannot be stored." })
    .min(1, { error: "Say why, in a few words." })
    .max(reasonLengthMax, { error: `At most ${String(reasonLengthMax)} characters.` })
    .default("no reason given"),
  expectedVersion: z
    .int({ error: "Give the version as a whole number." })
    .min(0, { error: "A version is never negative." })
    .optional(),
});

/** A wish to change stock, checked. `delta` is in whole units, + adds and − takes away. */
export type AdjustmentInput = z.infer<typeof adjustmentInput>;

/** Checks what a form or a program sent. Names every wrong field once. */
export function parseAdjustment(value: unknown): ParsedFields<AdjustmentInput> {
  return parseFields(adjustmentInput, value);
}

/** A number as people type it: "+5", "-2", "−2", " 7 ". Anything else becomes NaN and is refused as delta. */
export function typedNumber(text: string): number {
  const plain = text.trim().replace("−", "-");
  return /^[+-]?\d{1,9}$/.test(plain) ? Number(plain) : Number.NaN;
}
