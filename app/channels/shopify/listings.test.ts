import { expect, test } from "vitest";
import type { ChannelHttp, ChannelRequest, ListingsPage } from "../contract.ts";
import type { GraphqlCall, ShopifyClient } from "./client.ts";
import { listListings } from "./listings.ts";

const signal = new AbortController().signal;
const operationId = "gid://shopify/BulkOperation/1";
const url = "https://storage.example.com/bulk-1.jsonl?Signature=abc";

interface Shop {
  readonly locations?: number;
  /** Each look's answer; the last one stays. */
  readonly looks?: readonly { status: string; url?: string | null; errorCode?: string }[];
  readonly start?: unknown;
  readonly file?: string;
  /** How the storage answers; left out: pieces, as asked for. */
  readonly storage?: (range: string) => Response;
}

/** A shop with an export of this text, and what was asked of it. */
function shopWith(shop: Shop) {
  const asked: GraphqlCall<unknown>[] = [];
  const fetched: ChannelRequest[] = [];
  const file = Buffer.from(shop.file ?? "");
  let looks = 0;
  const answerTo = (query: string): unknown => {
    if (query.includes("LockstepLocations")) {
      const nodes = Array.from({ length: shop.locations ?? 1 }, (_, index) => ({
        ...{ id: locationId(index), name: `Place ${index}`, isFulfillmentService: false },
      }));
      const pageInfo = { hasNextPage: false, endCursor: null };
      return { shop: { currencyCode: "EUR" }, locations: { nodes, pageInfo } };
    }
    if (query.includes("LockstepStartBulk")) {
      const started = { bulkOperation: { id: operationId }, userErrors: [] };
      return { bulkOperationRunQuery: shop.start ?? started };
    }
    const stands = shop.looks ?? [{ status: "COMPLETED" }];
    const look = stands[Math.min(looks, stands.length - 1)];
    looks += 1;
    return { bulkOperation: { id: operationId, url, ...look } };
  };
  const client: ShopifyClient = (call) => {
    asked.push(call);
    return Promise.resolve({ ok: true, data: call.data.parse(answerTo(call.query)) });
  };
  const http: ChannelHttp = {
    async send(request) {
      fetched.push(request);
      const range = request.headers?.["range"] ?? "";
      const answer = shop.storage?.(range) ?? piece(file, range);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const { status, headers } = answer;
      return { status, headers, bytes, body: bytes.toString(), json: undefined };
    },
  };
  const app = { simulatorUrl: null } as never;
  const page = (cursor: string | null) => listListings({ app, http }, client, { cursor, signal });
  return { page, asked, fetched };
}

function piece(file: Buffer, range: string): Response {
  const [, from = 0, to = 0] = (/^bytes=(\d+)-(\d+)$/.exec(range) ?? []).map(Number);
  const size = file.length;
  if (from >= size) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
  }
  const part = file.subarray(from, to + 1);
  const until = from + part.length - 1;
  const headers = { "content-range": `bytes ${from}-${until}/${size}` };
  return new Response(new Uint8Array(part), { status: 206, headers });
}

const locationId = (index: number) => `gid://shopify/Location/${1_000 + index}`;

function line(number: number, change: Record<string, unknown> = {}): string {
  return JSON.stringify({
    ...{
      id: `gid://shopify/ProductVariant/${number}`,
      sku: `SKU ${number}`,
      barcode: "4006381333931",
    },
    ...{ title: "Blue", price: "19.90", requiresComponents: false, ended: null },
    product: {
      ...{ id: "gid://shopify/Product/7", title: "Cup", status: "ACTIVE" },
      onlineStoreUrl: "https://shop.example.com/products/cup",
    },
    inventoryItem: {
      ...{ id: `gid://shopify/InventoryItem/${number}`, tracked: true },
      l0: { quantities: [{ name: "available", quantity: number }] },
    },
    ...change,
  });
}

async function importAll(shop: Shop): Promise<{
  readonly pages: readonly Extract<ListingsPage, { ok: true }>[];
  readonly fetched: readonly ChannelRequest[];
}> {
  const { page, fetched } = shopWith(shop);
  const pages: Extract<ListingsPage, { ok: true }>[] = [];
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const result = await page(cursor);
    if (!result.ok) throw new Error(result.fault.message);
    pages.push(result);
    cursor = result.cursor;
  }
  return { pages, fetched };
}

test("a line becomes a listing with all that later calls need", async () => {
  const { pages } = await importAll({ file: `${line(5)}\n` });
  expect(pages.flatMap(({ listings }) => listings)).toEqual([
    {
      key: `gid://shopify/InventoryItem/5 ${locationId(0)}`,
      externalIds: {
        inventoryItemId: "gid://shopify/InventoryItem/5",
        locationId: locationId(0),
        variantId: "gid://shopify/ProductVariant/5",
        productId: "gid://shopify/Product/7",
      },
      ...{ orderKey: "5", sku: "SKU 5", title: "Cup / Blue", barcode: "4006381333931" },
      ...{ quantity: 5, price: { minor: 1_990, currency: "EUR" }, state: "active" },
      ...{ heldByChannel: false, externalLocationId: locationId(0) },
      externalLocationName: "Place 0",
      url: "https://shop.example.com/products/cup?variant=5",
    },
  ]);
});

test("the pieces end at whole lines wherever they are cut, and no secret goes to the storage", async () => {
  const texts = Array.from({ length: 9_000 }, (_, index) =>
    // Text of several bytes a character, so that some cut falls into the middle of one.
    line(index + 1, { title: "Größe ".repeat(index % 40) }),
  );
  const { pages, fetched } = await importAll({ file: `${texts.join("\n")}\n` });
  const keys = pages.flatMap(({ listings }) => listings.map(({ key }) => key));
  expect(keys).toHaveLength(9_000);
  expect(new Set(keys).size).toBe(9_000);
  expect(fetched.length).toBeGreaterThan(1);
  for (const { headers } of fetched) {
    expect(Object.keys(headers ?? {}).toSorted()).toEqual(["accept-encoding", "range"]);
  }
});

test("while the export is made the page is empty and says when to look again", async () => {
  const { page } = shopWith({ looks: [{ status: "RUNNING" }, { status: "COMPLETED", url: null }] });
  const first = await page(null);
  expect(first).toMatchObject({ ok: true, listings: [], waitMs: 2_000 });
  const waiting = await page(first.ok ? first.cursor : "");
  expect(waiting).toEqual(first);
  // Nothing to sell: COMPLETED without an address.
  expect(await page(waiting.ok ? waiting.cursor : "")).toMatchObject({
    listings: [],
    cursor: null,
  });
});

test("more locations than one query takes are read one query after another", async () => {
  const { page, asked } = shopWith({ locations: 30, file: `${line(1)}\n` });
  let cursor: string | null = null;
  let pages = 0;
  do {
    const result: ListingsPage = await page(cursor);
    if (!result.ok) throw new Error(result.fault.message);
    cursor = result.cursor;
    pages += 1;
  } while (cursor !== null && pages < 20);
  const queries = asked.flatMap(({ variables }) => {
    const { query } = variables;
    return typeof query === "string" ? [query.match(/l\d+:/g)?.length] : [];
  });
  expect(queries).toEqual([25, 5]);
});

test.each(["EXPIRED", "CANCELED", "FAILED"])(
  "an export that is %s is made anew, three times at most",
  async (status) => {
    const { page } = shopWith({ looks: [{ status, errorCode: "INTERNAL_SERVER_ERROR" }] });
    let result = await page(null);
    let calls = 1;
    while (result.ok && result.cursor !== null && calls < 20) {
      result = await page(result.cursor);
      calls += 1;
    }
    expect(result).toMatchObject({ ok: false, fault: { kind: "unavailable" } });
    expect(calls).toBe(6);
  },
);

test("an export without permission is not tried again", async () => {
  const { page } = shopWith({ looks: [{ status: "FAILED", errorCode: "ACCESS_DENIED" }] });
  const started = await page(null);
  expect(await page(started.ok ? started.cursor : "")).toMatchObject({
    ok: false,
    fault: { kind: "unauthorised", code: "ACCESS_DENIED" },
  });
});

test("no place for another export is a matter of waiting", async () => {
  const message = "Bulk operations limit reached.";
  const start = { bulkOperation: null, userErrors: [{ code: "LIMIT_REACHED", message }] };
  expect(await shopWith({ start }).page(null)).toMatchObject({
    ok: false,
    fault: { kind: "rate-limited", retryAfterMs: 30_000 },
  });
});

test("a line nobody can read costs no other", async () => {
  const broken = ["{", "[]", '{"id":"gid://shopify/ProductVariant/9"}', ""];
  const file = [line(1), ...broken, line(2, { price: "1e9" })].join("\n");
  const { pages } = await importAll({ file });
  const listings = pages.flatMap((page) => page.listings);
  expect(listings.map(({ orderKey }) => orderKey)).toEqual(["1", "2"]);
  // A price that is none is unknown, not zero.
  expect(listings[1]?.price).toBeNull();
});

test("odd items: no SKU, one variant, not stocked here, unknown number", async () => {
  const item = { id: "gid://shopify/InventoryItem/3", tracked: true };
  const file = [
    line(1, { sku: " ", title: "Default Title" }),
    line(2, { inventoryItem: { ...item, l0: null } }),
    line(3, { inventoryItem: { ...item, l0: { quantities: [] } } }),
    line(4, { ended: { value: "[]" } }),
    line(5, {
      product: { id: "gid://shopify/Product/7", title: "", status: "DRAFT" },
      title: null,
    }),
  ].join("\n");
  const { pages } = await importAll({ file });
  expect(pages.flatMap((page) => page.listings)).toMatchObject([
    { sku: null, title: "Cup" },
    { orderKey: "3", quantity: null },
    { orderKey: "4", state: "ended" },
    { orderKey: "5", title: "5", state: "inactive", url: null },
  ]);
});

test("a storage that gives the whole file is read as well", async () => {
  const file = Array.from({ length: 3 }, (_, index) => line(index + 1)).join("\n");
  const storage = () =>
    new Response(file, { headers: { "content-length": String(Buffer.byteLength(file)) } });
  const { pages } = await importAll({ storage });
  expect(pages.flatMap((page) => page.listings)).toHaveLength(3);
});

test.each([
  ["another piece than asked for", 206, { "content-range": "bytes 5-9/100" }, "unexpected"],
  ["no range", 206, {}, "unexpected"],
  ["a cut file", 200, { "content-length": "99999999" }, "unexpected"],
  ["an address that is over", 403, {}, "unavailable"],
  ["an outage", 503, {}, "unavailable"],
])("%s at the storage is a fault, never an end", async (_, status, headers, kind) => {
  const { page } = shopWith({ storage: () => new Response("{}", { status, headers }) });
  const started = await page(null);
  const read = await page(started.ok ? started.cursor : "");
  expect(read).toMatchObject({ ok: false, fault: { kind } });
});

test("an address without TLS is not followed", async () => {
  const { page, fetched } = shopWith({
    looks: [{ status: "COMPLETED", url: "http://storage.example.com/1" }],
  });
  const started = await page(null);
  expect(await page(started.ok ? started.cursor : "")).toMatchObject({
    fault: { kind: "unexpected" },
  });
  expect(fetched).toEqual([]);
});

test("a line without an end is a fault, not a loop", async () => {
  const { page } = shopWith({ file: `${"x".repeat(9_000_000)}\n${line(1)}` });
  const started = await page(null);
  expect(await page(started.ok ? started.cursor : "")).toMatchObject({
    ok: false,
    fault: { kind: "unexpected" },
  });
});
