import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startShopRig, type ShopRig } from "./shop-rig.ts";

let rig: ShopRig;
let token: string;
beforeEach(async () => {
  rig = await startShopRig();
  token = (await rig.exchange(await rig.sessionToken())).body["access_token"] ?? "";
});
afterEach(async () => {
  await rig.stop();
});

const startMutation = `mutation ($query: String!) {
  bulkOperationRunQuery(query: $query) {
    bulkOperation { id status }
    userErrors { code message }
  }
}`;
const nested = `{ productVariants { edges { node { id sku
  inventoryItem { id inventoryLevels { edges { node { id location { id }
    quantities(names: ["available"]) { quantity } } } } } } } } }`;

interface Started {
  readonly bulkOperation: { readonly id: string; readonly status: string } | null;
  readonly userErrors: readonly { readonly code: string; readonly message: string }[];
}

async function start(query: string): Promise<Started> {
  const { data } = await rig.graphql(startMutation, { query }, token);
  return data?.["bulkOperationRunQuery"] as Started;
}

async function look(id: string) {
  const { data } = await rig.graphql(
    "query ($id: ID!) { bulkOperation(id: $id) { status url fileSize objectCount rootObjectCount } }",
    { id },
    token,
  );
  return data?.["bulkOperation"] as Record<string, string | null>;
}

async function finished(query: string) {
  const { bulkOperation } = await start(query);
  const id = bulkOperation?.id ?? "";
  await vi.waitFor(async () => expect((await look(id))["status"]).toBe("COMPLETED"));
  return { id, ...(await look(id)) } as Record<string, string> & { id: string };
}

const fetchPart = (url: string, range?: string) =>
  fetch(url, range === undefined ? {} : { headers: { range } });

test("an export leaves its lines at a signed address, children before their parents", async () => {
  const { url = "", fileSize, objectCount, rootObjectCount } = await finished(nested);
  const text = await (await fetchPart(url)).text();
  expect(String(Buffer.byteLength(text))).toBe(fileSize);
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; __parentId?: string });
  expect([objectCount, rootObjectCount]).toEqual([String(lines.length), "8"]);
  const [first] = lines;
  expect(first?.__parentId).toMatch(/ProductVariant/);
  expect(lines.findIndex(({ id }) => id === first?.__parentId)).toBeGreaterThan(0);
  expect(lines.filter(({ __parentId }) => __parentId !== undefined)).toHaveLength(16);
  await vi.waitFor(() => {
    const topics = rig.delivered.map(({ headers }) => headers["x-shopify-topic"]);
    expect(topics).toContain("bulk_operations/finish");
  });
});

test("a file is served in pieces, to whoever has its address and nobody else", async () => {
  const { url = "", fileSize = "0" } = await finished(nested);
  const size = Number(fileSize);
  const middle = await fetchPart(url, "bytes=10-19");
  expect(middle.status).toBe(206);
  expect(middle.headers.get("content-range")).toBe(`bytes 10-19/${fileSize}`);
  expect(await middle.text()).toHaveLength(10);
  const tail = await fetchPart(url, `bytes=${String(size - 5)}-${String(size + 100)}`);
  expect(await tail.text()).toHaveLength(5);
  const beyond = await fetchPart(url, `bytes=${fileSize}-`);
  expect([beyond.status, beyond.headers.get("content-range")]).toEqual([
    416,
    `bytes */${fileSize}`,
  ]);
  const forged = new URL(url);
  forged.searchParams.set("Signature", "0".repeat(64));
  expect((await fetchPart(forged.href)).status).toBe(403);
  const early = new URL(url);
  early.searchParams.set("Expires", "1");
  expect((await fetchPart(early.href)).status).toBe(403);
  const twice = await fetch(url, { headers: { authorization: "Bearer x" } });
  expect(twice.status).toBe(403);
});

test.each([
  ["no connection", "{ shop { id } }"],
  ["two roots", "{ productVariants { nodes { id } } inventoryItems { nodes { id } } }"],
  ["nodes by id", `{ nodes(ids: ["gid://shopify/Order/1"]) { id } }`],
  ["an unknown field", "{ productVariants { nodes { id colour } } }"],
  ["nodes without id", "{ productVariants { nodes { sku } } }"],
  ["no query at all", "mutation {"],
  [
    "connections too deep",
    `{ inventoryItems { nodes { id variants { nodes { id inventoryItem { id inventoryLevels {
      nodes { id item { id inventoryLevels { nodes { id } } } } } } } } } } }`,
  ],
])("a bulk query with %s is refused", async (_, query) => {
  expect(await start(query)).toMatchObject({
    bulkOperation: null,
    userErrors: [{ code: "INVALID" }],
  });
});

test("a restart keeps a finished export's file", async () => {
  const { id, url = "" } = await finished(nested);
  const before = await (await fetchPart(url)).text();
  const saved: unknown = JSON.parse(JSON.stringify(rig.sandbox.platform("shopify").snapshot()));
  rig.sandbox.control.reset({});
  expect((await fetchPart(url)).status).toBe(404);
  rig.sandbox.platform("shopify").restore(saved);
  expect((await look(id))["status"]).toBe("COMPLETED");
  expect(await (await fetchPart(url)).text()).toBe(before);
});
