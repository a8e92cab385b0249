import { expect, test } from "vitest";
import type { QuantityWrite } from "../contract.ts";
import type { ShopifyClient } from "./client.ts";
import { pushQuantities, readListings } from "./inventory.ts";
import { stubShop } from "./shop-stub.ts";
import type { UserError } from "./wire.ts";

interface Sent {
  readonly key: string;
  readonly input: { readonly changes: readonly { readonly inventoryItemId: string }[] };
}

const signal = new AbortController().signal;

/** A shop that gives these user errors, answer by answer, and then none. */
function shopAnswering(...answers: UserError[][]) {
  const sent: Sent[] = [];
  const client: ShopifyClient = (call) => {
    sent.push(call.variables as unknown as Sent);
    const data = { inventoryAdjustQuantities: { userErrors: answers[sent.length - 1] ?? [] } };
    return Promise.resolve({ ok: true, data: call.data.parse(data) });
  };
  return { client, sent };
}

function write(name: string, delta = 1): QuantityWrite {
  const externalIds = { inventoryItemId: name, locationId: "location" };
  return { listingId: name, sku: name, externalIds, quantity: 5, delta, idempotencyKey: name };
}

function badElement(index: number): UserError {
  const field = ["input", "changes", String(index), "inventoryItemId"];
  return { code: "INVALID_INVENTORY_ITEM", field, message: "gone" };
}

const itemsOf = (sent: Sent | undefined) =>
  sent?.input.changes.map(({ inventoryItemId }) => inventoryItemId);

test("the same writes in any order are the same mutation, other writes another", async () => {
  const { client, sent } = shopAnswering();
  await pushQuantities(client, [write("a"), write("b")], signal);
  await pushQuantities(client, [write("b"), write("a")], signal);
  await pushQuantities(client, [write("a"), write("c")], signal);
  expect(sent[1]).toEqual(sent[0]);
  expect(sent[2]?.key).not.toBe(sent[0]?.key);
});

test("a difference of nothing is done without asking", async () => {
  const { client, sent } = shopAnswering();
  expect(await pushQuantities(client, [write("a", 0)], signal)).toEqual([{ ok: true }]);
  expect(sent).toEqual([]);
});

test("one bad change fails alone; the rest goes out again under a new key", async () => {
  const { client, sent } = shopAnswering([badElement(1)]);
  const results = await pushQuantities(client, [write("c"), write("a"), write("b")], signal);
  // Element 1 of the sorted batch a, b, c.
  expect(results.map((result) => result.ok)).toEqual([true, true, false]);
  expect(results[2]).toMatchObject({ fault: { kind: "unknown-listing" } });
  expect(sent.map(itemsOf)).toEqual([
    ["a", "b", "c"],
    ["a", "c"],
  ]);
  expect(sent[1]?.key).not.toBe(sent[0]?.key);
});

test("past a failed first attempt goes a new key, and the next retry finds the same one", async () => {
  const failed = { code: "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", field: null, message: "failed" };
  const { client, sent } = shopAnswering([failed], [], [failed], []);
  expect(await pushQuantities(client, [write("a")], signal)).toEqual([{ ok: true }]);
  await pushQuantities(client, [write("a")], signal);
  expect(new Set(sent.map(({ key }) => key)).size).toBe(2);
  expect(sent[3]?.key).toBe(sent[1]?.key);
});

test("a shop that never stops refusing ends", async () => {
  const { client, sent } = shopAnswering(...Array.from({ length: 20 }, () => [badElement(0)]));
  const writes = Array.from({ length: 10 }, (_, index) => write(String(index)));
  const results = await pushQuantities(client, writes, signal);
  expect(sent).toHaveLength(4);
  expect(results.filter((result) => !result.ok)).toHaveLength(10);
});

test("a number without its item or its place is unknown, never zero; its price may be", async () => {
  const level = (quantities: readonly object[] | null) => ({
    inventoryLevel: quantities && { quantities },
  });
  const nodes: Readonly<Record<string, object | null>> = {
    here: level([{ name: "available", quantity: -2 }]),
    unstocked: level(null),
    unnamed: level([{ name: "on_hand", quantity: 3 }]),
  };
  const offer = (price: string, status: string, ended: object | null = null) => ({
    ...{ id: "v", price, ended, product: { id: "p", status } },
  });
  const offers: Readonly<Record<string, object | null>> = {
    "gid://shopify/ProductVariant/1": offer("9.90", "DRAFT"),
    "gid://shopify/ProductVariant/2": offer("9.90", "ACTIVE", { value: "[]" }),
    here: { variants: { nodes: [offer("1.005", "UNLISTED")] } },
  };
  const { client } = stubShop({
    LockstepLevels: ({ ids, offerIds }) => ({
      data: {
        shop: { currencyCode: "USD" },
        nodes: (ids as string[]).map((id) => nodes[id] ?? null),
        offers: (offerIds as string[]).map((id) => offers[id] ?? null),
      },
    }),
  });
  const variantOf = (number: number) => {
    const variantId = `gid://shopify/ProductVariant/${number}`;
    const bare = write("here");
    return { ...bare, externalIds: { ...bare.externalIds, variantId } };
  };
  const known = [write("here"), variantOf(1), variantOf(2), variantOf(3)];
  expect(await readListings(client, known, signal)).toMatchObject([
    { quantity: -2, price: null, state: "active" },
    { quantity: -2, price: { minor: 990, currency: "USD" }, state: "inactive" },
    { quantity: -2, state: "ended" },
    { quantity: -2, price: null, state: "active" },
  ]);
  const unknown = ["unstocked", "unnamed", "gone"].map((name) => write(name));
  expect(await readListings(client, unknown, signal)).toMatchObject(
    unknown.map(() => ({ ok: false, fault: { kind: "unknown-listing" } })),
  );
});
