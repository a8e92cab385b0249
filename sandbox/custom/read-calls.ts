import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import { readPageToken, writePageToken } from "../page-token.ts";
import { shippedUnits, type ShelfOrder } from "../shelf.ts";
import { demoServer, keyOfSku } from "./demo.ts";
import { ok, refuse, type CustomAnswer } from "./frame.ts";
import { decimal, type Store } from "./store.ts";

/** Rows of one page, by default and at most. */
const listingsPage = { sizeDefault: 100, sizeMax: 200 };
const ordersPage = { sizeDefault: 50, sizeMax: 100 };
/** Orders read by id in one call. */
const orderIdsMax = 50;

interface Parts {
  readonly context: SandboxContext;
  readonly store: Store;
}

/** `GET /` */
export function serverPage({ store }: Parts): CustomAnswer {
  const { powers, batch } = store.setup;
  const { name, ratePerSecond } = demoServer;
  return ok({ protocol: 1, name, powers, limits: { ratePerSecond, batch } });
}

/** `GET /listings` */
export function listListings({ context, store }: Parts, query: URLSearchParams): CustomAnswer {
  const page = pageOf(query, listingsPage);
  if (!page) return badPage;
  const { skus } = context.catalogue;
  const end = page.from + page.size;
  return ok({
    listings: skus.slice(page.from, end).map((sku) => ({
      ...shownOf(store, sku),
      sku: sku.code,
      title: sku.title,
      barcode: null,
      held: store.article(sku).held ?? false,
      url: `https://pos.example.com/articles/${keyOfSku(sku)}`,
    })),
    cursor: end < skus.length ? writePageToken(end) : null,
    total: skus.length,
  });
}

/** `POST /listings/read` */
export function readListings({ store }: Parts, body: unknown): CustomAnswer {
  const read = z.strictObject({ keys: z.array(z.string()).min(1) }).safeParse(body);
  if (!read.success) return badBody;
  const { keys } = read.data;
  if (keys.length > store.setup.batch) {
    return refuse(413, "too-large", `At most ${String(store.setup.batch)} rows go into one call.`);
  }
  const found = keys.map((key) => ({ key, sku: store.skuOf(key) }));
  return ok({
    listings: found.flatMap(({ sku }) => (sku ? [shownOf(store, sku)] : [])),
    unknown: found.filter(({ sku }) => !sku).map(({ key }) => key),
  });
}

function shownOf(store: Store, sku: DemoSku): object {
  return {
    key: keyOfSku(sku),
    quantity: store.quantity(sku),
    price: { amount: decimal(store.priceMinor(sku)), currency: demoServer.currency },
    state: store.state(sku),
  };
}

/** `GET /orders`: changed at or after a time, oldest change first. */
export function listOrders({ context, store }: Parts, query: URLSearchParams): CustomAnswer {
  const page = pageOf(query, ordersPage);
  const sinceMs = Date.parse(query.get("changedSince") ?? "");
  if (!page || Number.isNaN(sinceMs)) return badPage;
  const cursor = query.has("cursor") ? page.from : null;
  const { orders, next } = store.shelf.changedSince(sinceMs, { cursor, pageSizeMax: page.size });
  return ok({
    orders: orders.map((order) => wireOrder(context, order)),
    cursor: next === null ? null : writePageToken(next),
  });
}

/** `POST /orders/read`: what is not there is left out. */
export function readOrders({ context, store }: Parts, body: unknown): CustomAnswer {
  const ids = z.array(z.string()).min(1).max(orderIdsMax);
  const read = z.strictObject({ ids }).safeParse(body);
  if (!read.success) return badBody;
  const orders = read.data.ids.flatMap((id) => store.shelf.find(id) ?? []);
  return ok({ orders: orders.map((order) => wireOrder(context, order)) });
}

/** An order in the protocol's words: no buyer in it. */
export function wireOrder(context: SandboxContext, order: ShelfOrder): object {
  const sku = context.skuByCode(order.sku);
  return {
    id: order.orderId,
    status: order.cancelled ? "cancelled" : "open",
    test: false,
    placedAt: new Date(order.placedAtMs).toISOString(),
    updatedAt: new Date(order.updatedAtMs).toISOString(),
    lines: [
      {
        id: lineIdOf(order),
        key: sku ? keyOfSku(sku) : null,
        sku: order.sku,
        quantity: order.quantity,
        cancelled: order.cancelledUnits,
        shipped: shippedUnits(order),
      },
    ],
  };
}

/** Orders here have one line. */
export function lineIdOf({ orderId }: ShelfOrder): string {
  return `${orderId}-1`;
}

const badPage = refuse(400, "invalid", "The query is not as documented.");
export const badBody = refuse(400, "invalid", "The body is not as documented.");

function pageOf(
  query: URLSearchParams,
  { sizeDefault, sizeMax }: { readonly sizeDefault: number; readonly sizeMax: number },
): { readonly from: number; readonly size: number } | null {
  const wanted = Number(query.get("limit") ?? sizeDefault);
  const from = readPageToken(query.get("cursor")) ?? 0;
  if (!Number.isInteger(wanted) || wanted < 1 || !Number.isInteger(from) || from < 0) return null;
  return { from, size: Math.min(wanted, sizeMax) };
}
