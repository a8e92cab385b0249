import type { Answer, WalmartClient } from "./client.ts";
import { ordersAnswer, type WalmartOrder, type WalmartOrdersPage } from "./order-wire.ts";

/** Orders in one page (specs/walmart orders, parameter `limit`). */
export const ordersPageSizeMax = 200;
/** Walmart cancels what was not shipped 30 days after it was ordered; a few days more for its delays. */
const openDaysMax = 40;
const dayMs = 24 * 60 * 60 * 1_000;
/** 20,000 orders is the most that Walmart gives for one query. */
const pagesMax = 100;
/** Longest query string that is taken as a cursor; Walmart's have some 200 characters. */
const cursorCharsMax = 2_000;

/** One page of orders. @param query what stands behind the question mark */
export async function readOrdersPage(
  client: WalmartClient,
  query: string,
  signal: AbortSignal,
): Promise<Answer<WalmartOrdersPage>> {
  return readPage(client, `/v3/orders?${query}`, signal);
}

/** Orders that nobody acknowledged yet, one page. */
export async function readReleasedOrders(
  client: WalmartClient,
  { now, limit }: { readonly now: Date; readonly limit: number },
  signal: AbortSignal,
): Promise<Answer<readonly WalmartOrder[]>> {
  const query = new URLSearchParams({ createdStartDate: openSince(now), limit: String(limit) });
  const page = await readPage(client, `/v3/orders/released?${query}`, signal);
  return page.ok ? { ok: true, value: page.value.orders } : page;
}

/** Every order with units that were not shipped, as far back as there can be one. */
export async function openOrders(
  client: WalmartClient,
  now: Date,
  signal: AbortSignal,
): Promise<Answer<readonly WalmartOrder[]>> {
  const found = new Map<string, WalmartOrder>();
  for (const status of ["Created", "Acknowledged"]) {
    const filter = { status, createdStartDate: openSince(now), limit: String(ordersPageSizeMax) };
    let query: string | null = new URLSearchParams(filter).toString();
    for (let pages = 0; query !== null; pages += 1) {
      if (pages >= pagesMax) return tooMany;
      const page: Answer<WalmartOrdersPage> = await readOrdersPage(client, query, signal);
      if (!page.ok) return page;
      for (const order of page.value.orders) found.set(order.purchaseOrderId, order);
      query = nextQuery(page.value);
    }
  }
  return { ok: true, value: [...found.values()] };
}

/** Walmart's cursor is a whole query string: "?limit=200&poIndex=…". Null: that was the last page. */
export function nextQuery({ nextCursor }: WalmartOrdersPage): string | null {
  const query = nextCursor?.replace(/^\?/, "") ?? "";
  return query !== "" && query.length <= cursorCharsMax ? query : null;
}

async function readPage(
  client: WalmartClient,
  path: string,
  signal: AbortSignal,
): Promise<Answer<WalmartOrdersPage>> {
  const answer = await client.call(
    { operation: "listOrders", method: "GET", path, schema: ordersAnswer },
    signal,
  );
  // A query that finds nothing may be answered 404.
  const isEmpty = !answer.ok && answer.fault.kind === "unknown-listing";
  return isEmpty ? { ok: true, value: { orders: [], nextCursor: null } } : answer;
}

function openSince(now: Date): string {
  return new Date(now.getTime() - openDaysMax * dayMs).toISOString();
}

const tooMany: Answer<never> = {
  ok: false,
  fault: {
    kind: "unexpected",
    message: "Walmart has more than 20,000 open orders of this account: they cannot all be read.",
  },
};
