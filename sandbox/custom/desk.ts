import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import type { Events } from "./events.ts";
import { ok, refuse, type CustomAnswer } from "./frame.ts";
import { badBody } from "./read-calls.ts";
import type { Store } from "./store.ts";

const shapes = {
  /** An update of the server: it can do more or less than before. */
  setup: z
    .strictObject({
      powers: z.array(z.string()),
      batch: z.number().int().min(1),
      hintsOnly: z.boolean(),
    })
    .partial(),
  article: z.strictObject({
    sku: z.string(),
    state: z.enum(["active", "inactive", "ended", "suppressed"]).optional(),
    held: z.boolean().optional(),
  }),
  revoke: z.strictObject({ reason: z.string() }),
};

/** What the merchant's people do at the server itself; no part of the protocol. */
export function deskCall(
  parts: { readonly context: SandboxContext; readonly store: Store; readonly events: Events },
  what: string,
  body: unknown,
): CustomAnswer {
  const { context, store, events } = parts;
  if (what === "setup") {
    const read = shapes.setup.safeParse(body);
    if (!read.success) return badBody;
    const given = Object.entries(read.data).filter(([, value]) => value !== undefined);
    store.setup = { ...store.setup, ...Object.fromEntries(given) };
    context.changed();
    return ok(store.setup);
  }
  if (what === "article") {
    const read = shapes.article.safeParse(body);
    const sku = read.success ? context.skuByCode(read.data.sku) : undefined;
    if (!read.success || !sku) return badBody;
    const { state, held } = read.data;
    store.change(sku, {
      ...(state !== undefined && { state }),
      ...(held !== undefined && { held }),
    });
    return ok(store.article(sku));
  }
  if (what === "revoke") {
    const read = shapes.revoke.safeParse(body);
    if (!read.success) return badBody;
    events.send("connection.revoked", read.data);
    return ok({});
  }
  return refuse(404, "unsupported", "There is no such call.");
}
