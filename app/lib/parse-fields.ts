import type { z } from "zod";
import type { FieldProblem } from "./problem.ts";

/** Either what was sent, checked, or what is wrong with it by field. */
export type ParsedFields<Fields> =
  | { readonly ok: true; readonly input: Fields }
  | { readonly ok: false; readonly errors: readonly FieldProblem[] };

/** Checks what a form or a program sent against a shape. Names every wrong field once. */
export function parseFields<Fields>(
  shape: z.ZodType<Fields>,
  value: unknown,
): ParsedFields<Fields> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return { ok: true, input: parsed.data };
  const errors = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        errors.set([...issue.path, key].join("."), "This field is not known.");
      }
      continue;
    }
    const field = issue.path.join(".") || "body";
    if (!errors.has(field)) errors.set(field, issue.message);
  }
  return { ok: false, errors: [...errors].map(([field, message]) => ({ field, message })) };
}
