import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import { demoServer } from "./demo.ts";
import { ok, refuse, type CustomAnswer } from "./frame.ts";
import type { Article, Store } from "./store.ts";

/** A version further ahead than this is a mistake of the caller's clock: taken, it would lock the article. */
const aheadMsMax = 24 * 60 * 60_000;

const version = z.number().int().positive();
const quantityRow = z.strictObject({
  id: z.string(),
  key: z.string().min(1),
  sku: z.string(),
  quantity: z.number().int().min(0),
  version,
});
const priceRow = z.strictObject({
  key: z.string().min(1),
  sku: z.string(),
  price: z.strictObject({
    amount: z.string().regex(/^\d+(\.\d+)?$/),
    currency: z.string().regex(/^[A-Z]{3}$/),
  }),
  version,
});
const stateRow = z.strictObject({
  key: z.string().min(1),
  sku: z.string(),
  state: z.enum(["active", "ended"]),
  quantity: z.number().int().min(0).optional(),
  version,
});

/** What became of one row. */
interface Result {
  readonly key: string;
  readonly status: "ok" | "stale" | "refused";
  readonly code?: string;
  readonly message?: string;
  readonly version?: number;
}

interface Parts {
  readonly context: SandboxContext;
  readonly store: Store;
}

/** `PUT /quantities`: older versions change nothing, and neither does a repeat. */
export function putQuantities(parts: Parts, body: unknown): CustomAnswer {
  return written(parts, quantityRow, body, (row, sku) => {
    const { store } = parts;
    if (store.article(sku).held) return refused(row.key, "held", "A partner holds this stock.");
    return ifNewer(parts, { row, sku, field: "quantityVersion" }, () => {
      setQuantity(parts, sku, row.quantity);
    });
  });
}

/** `PUT /prices` */
export function putPrices(parts: Parts, body: unknown): CustomAnswer {
  return written(parts, priceRow, body, (row, sku) => {
    const { amount, currency } = row.price;
    if (currency !== demoServer.currency) {
      return refused(row.key, "currency", `We sell in ${demoServer.currency}.`);
    }
    const priceMinor = Math.round(Number(amount) * 100);
    return ifNewer(parts, { row, sku, field: "priceVersion" }, () => {
      parts.store.change(sku, { priceMinor });
      parts.context.recordWrite(sku.code, parts.store.quantity(sku));
    });
  });
}

/** `PUT /states`: an article that comes back brings its number, which counts as a quantity of that version. */
export function putStates(parts: Parts, body: unknown): CustomAnswer {
  return written(parts, stateRow, body, (row, sku) => {
    const { state, quantity, key } = row;
    const { store } = parts;
    if (store.state(sku) === "suppressed") {
      return refused(key, "locked", "The article waits for its safety data sheet.");
    }
    return ifNewer(parts, { row, sku, field: "stateVersion" }, () => {
      store.change(sku, { state });
      if (quantity === undefined) {
        parts.context.recordWrite(sku.code, store.quantity(sku));
        return;
      }
      store.change(sku, { quantityVersion: row.version });
      setQuantity(parts, sku, quantity);
    });
  });
}

function written<Row extends { readonly key: string; readonly version: number }>(
  { context, store }: Parts,
  schema: z.ZodType<Row>,
  body: unknown,
  write: (row: Row, sku: DemoSku) => Result,
): CustomAnswer {
  const read = z.strictObject({ items: z.array(schema).min(1) }).safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = issue?.path.join(".") ?? "";
    return refuse(
      400,
      "invalid",
      `The body is not as documented: ${where} ${issue?.message ?? ""}`,
    );
  }
  const { items } = read.data;
  if (items.length > store.setup.batch) {
    return refuse(413, "too-large", `At most ${String(store.setup.batch)} rows go into one call.`);
  }
  const results = items.map((row): Result => {
    const sku = store.skuOf(row.key);
    if (!sku) return refused(row.key, "unknown-key", "There is no such article.");
    if (row.version > context.now() + aheadMsMax) {
      return refused(row.key, "invalid", "The version lies more than a day ahead.");
    }
    return write(row, sku);
  });
  return ok({ results });
}

/** The rule that makes order on the way harmless: newer is taken, equal is a repeat, older is not wanted any more. */
function ifNewer(
  { store }: Parts,
  {
    row,
    sku,
    field,
  }: {
    readonly row: { readonly key: string; readonly version: number };
    readonly sku: DemoSku;
    readonly field: keyof Pick<Article, "quantityVersion" | "priceVersion" | "stateVersion">;
  },
  apply: () => void,
): Result {
  const have = store.article(sku)[field] ?? 0;
  if (row.version < have) return { key: row.key, status: "stale", version: have };
  if (row.version > have) {
    store.change(sku, { [field]: row.version });
    apply();
  }
  return { key: row.key, status: "ok" };
}

function setQuantity({ context, store }: Parts, sku: DemoSku, quantity: number): void {
  store.shelf.setShown(sku.code, quantity);
  context.recordWrite(sku.code, quantity);
}

function refused(key: string, code: string, message: string): Result {
  return { key, status: "refused", code, message };
}
