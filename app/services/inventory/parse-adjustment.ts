import { z } from "zod";
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

/** Either the wish or, per field, what is wrong with it. */
export type ParsedAdjustment =
  | { readonly ok: true; readonly input: AdjustmentInput }
  | { readonly ok: false; readonly errors: readonly { field: string; message: string }[] };

/** Checks what a form or a program sent. Names every wrong field once. */
export function parseAdjustment(value: unknown): ParsedAdjustment {
  const parsed = adjustmentInput.safeParse(value);
  if (parsed.success) return { ok: true, input: parsed.data };
  const errors = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) errors.set(key, "This field is not known.");
      continue;
    }
    const field = issue.path.join(".") || "body";
    if (!errors.has(field)) errors.set(field, issue.message);
  }
  return { ok: false, errors: [...errors].map(([field, message]) => ({ field, message })) };
}

/** A number as people type it: "+5", "-2", "−2", " 7 ". Anything else becomes NaN and is refused as delta. */
export function typedNumber(text: string): number {
  const plain = text.trim().replace("−", "-");
  return /^[+-]?\d{1,9}$/.test(plain) ? Number(plain) : Number.NaN;
}
