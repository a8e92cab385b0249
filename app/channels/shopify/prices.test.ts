import { expect, test } from "vitest";
import type { PriceWrite } from "../contract.ts";
import { setPrices } from "./prices.ts";
import { stubShop, type StubAnswer } from "./shop-stub.ts";

const signal = new AbortController().signal;
const shop = (): StubAnswer => ({ data: { shop: { currencyCode: "JPY" }, nodes: [] } });
const prices = (...userErrors: object[]): StubAnswer => ({
  data: { productVariantsBulkUpdate: { userErrors } },
});

function write(product: string, variant: string, minor = 500, currency = "JPY"): PriceWrite {
  return {
    ...{ listingId: variant, sku: variant, price: { minor, currency } },
    externalIds: { inventoryItemId: "i", locationId: "l", variantId: variant, productId: product },
  };
}

test("one call per product, in the shop's own spelling of money", async () => {
  const { client, called } = stubShop({ LockstepVariants: shop, LockstepPrices: () => prices() });
  const writes = [write("p", "a"), write("q", "b"), write("p", "c", 700)];
  expect(await setPrices(client, writes, signal)).toEqual(writes.map(() => ({ ok: true })));
  expect(called("LockstepPrices")).toEqual([
    {
      productId: "p",
      variants: [
        { id: "a", price: "500" },
        { id: "c", price: "700" },
      ],
    },
    { productId: "q", variants: [{ id: "b", price: "500" }] },
  ]);
});

test("a bad variant fails alone, a bad product with all of its variants", async () => {
  const { client } = stubShop({
    LockstepVariants: shop,
    LockstepPrices: ({ productId }) =>
      productId === "p"
        ? prices({
            code: "PRODUCT_VARIANT_DOES_NOT_EXIST",
            field: ["variants", "1", "id"],
            message: "",
          })
        : prices({ code: "PRODUCT_DOES_NOT_EXIST", field: ["productId"], message: "" }),
  });
  const writes = [write("p", "a"), write("p", "b"), write("q", "c"), write("q", "d")];
  expect(await setPrices(client, writes, signal)).toMatchObject([
    { ok: true },
    { fault: { kind: "unknown-listing" } },
    { fault: { kind: "unknown-listing" } },
    { fault: { kind: "unknown-listing" } },
  ]);
});

test("after a word to wait no further product is asked", async () => {
  const fault = { kind: "rate-limited", message: "wait", retryAfterMs: 1 } as const;
  const { client, called } = stubShop({
    LockstepVariants: shop,
    LockstepPrices: () => ({ fault }),
  });
  const writes = Array.from({ length: 20 }, (_, index) => write(`p${index}`, `v${index}`));
  const results = await setPrices(client, writes, signal);
  expect(results).toEqual(writes.map(() => ({ ok: false, fault })));
  expect(called("LockstepPrices").length).toBeLessThanOrEqual(4);
});

test("another currency is refused here, and nothing to set asks nothing", async () => {
  const { client, calls } = stubShop({ LockstepVariants: shop });
  expect(await setPrices(client, [], signal)).toEqual([]);
  expect(calls).toEqual([]);
  expect(await setPrices(client, [write("p", "a", 500, "USD")], signal)).toMatchObject([
    { fault: { kind: "rejected", message: expect.stringContaining("JPY") } },
  ]);
});
