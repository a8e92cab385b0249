import { compareKeys, type SortKey } from "./pages.ts";
import type { ShopOrder } from "./shop-order.ts";

export type OrderSortName = "CREATED_AT" | "ID" | "PROCESSED_AT" | "UPDATED_AT";

const termPattern = /(\w+):(>=|<=|>|<)?\s*('[^']*'|"[^"]*"|[^\s()]+)/g;

type Test = (order: ShopOrder) => boolean;

/** Orders that match Shopify's search text, sorted. Terms on unknown fields are ignored, as Shopify does. */
export function searchOrders(
  orders: Iterable<ShopOrder>,
  wanted: { readonly query?: string | null; readonly sortKey: OrderSortName; reverse: boolean },
): { readonly found: ShopOrder[]; readonly key: (order: ShopOrder) => SortKey } {
  const tests = testsOf(wanted.query ?? "");
  const key = keyOf(wanted.sortKey);
  const sign = wanted.reverse ? -1 : 1;
  const found = [...orders]
    .filter((order) => tests.every((test) => test(order)))
    .sort((left, right) => sign * compareKeys(key(left), key(right)));
  return { found, key };
}

function testsOf(query: string): Test[] {
  const tests: Test[] = [];
  for (const [, field = "", comparator = "", quoted = ""] of query.matchAll(termPattern)) {
    const value = quoted.replace(/^['"]|['"]$/g, "");
    const test = testOf(field, comparator, value);
    if (test) tests.push(test);
  }
  return tests;
}

function testOf(field: string, comparator: string, value: string): Test | null {
  if (field === "id")
    return numberTest((order) => Number(order.orderId), comparator, Number(value));
  const time = timeOf(field);
  const atMs = Date.parse(value);
  if (!time || Number.isNaN(atMs)) return null;
  return numberTest(time, comparator, atMs);
}

function numberTest(of: (order: ShopOrder) => number, comparator: string, value: number): Test {
  if (comparator === ">") return (order) => of(order) > value;
  if (comparator === ">=") return (order) => of(order) >= value;
  if (comparator === "<") return (order) => of(order) < value;
  if (comparator === "<=") return (order) => of(order) <= value;
  return (order) => of(order) === value;
}

function timeOf(field: string): ((order: ShopOrder) => number) | null {
  if (field === "updated_at") return (order) => order.updatedAtMs;
  if (field === "created_at" || field === "processed_at") return (order) => order.placedAtMs;
  return null;
}

function keyOf(sortKey: OrderSortName): (order: ShopOrder) => SortKey {
  if (sortKey === "ID") return (order) => [Number(order.orderId)];
  if (sortKey === "UPDATED_AT") return (order) => [order.updatedAtMs, Number(order.orderId)];
  return (order) => [order.placedAtMs, Number(order.orderId)];
}
