import { describe, expect, test } from "vitest";
import { openApiCheck } from "./openapi.ts";
import type { Exchange } from "./rig.ts";

const ebay = openApiCheck(
  [{ file: "ebay/sell_inventory_v1_oas3.json", prefix: "/ebay/sell/inventory/v1" }],
  { undocumented: ["/ebay/identity"] },
);
const amazon = openApiCheck(
  [{ file: "amazon/models/listingsItems_2021-08-01.json", prefix: "/amazon" }],
  { undocumented: [] },
);

function call(change: Partial<Exchange>): Exchange {
  return {
    method: "POST",
    url: "http://127.0.0.1/ebay/sell/inventory/v1/bulk_update_price_quantity",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      requests: [{ sku: "A", shipToLocationAvailability: { quantity: 1 }, offers: [] }],
    }),
    status: 200,
    responseBody: "{}",
    responseType: "application/json",
    ...change,
  };
}

describe.skipIf(!ebay || !amazon)("the check against the platforms' documents", () => {
  test("a call as documented passes", () => {
    expect(ebay?.(call({}))).toEqual([]);
  });
  test("a field of another type is found", () => {
    const body = JSON.stringify({ requests: [{ sku: 7 }] });
    expect(ebay?.(call({ body }))).toEqual([expect.stringContaining("/requests/0/sku")]);
  });
  test("a call nobody documents is found", () => {
    const url = "http://127.0.0.1/ebay/sell/inventory/v1/nothing";
    expect(ebay?.(call({ url }))).toEqual(["no document describes this call"]);
    expect(ebay?.(call({ url: "http://127.0.0.1/ebay/identity/token" }))).toEqual([]);
  });
  test("a query that is not documented is found", () => {
    const url = `${call({}).url}?force=1`;
    expect(ebay?.(call({ url }))).toEqual([expect.stringContaining("force")]);
  });
  test("Swagger 2 is read too: a required query and the body's fields", () => {
    const patch = {
      method: "PATCH",
      url: "http://127.0.0.1/amazon/listings/2021-08-01/items/S1/A?marketplaceIds=M1",
      body: JSON.stringify({
        productType: "PRODUCT",
        patches: [{ op: "merge", path: "/attributes/x", value: [{}] }],
      }),
      responseBody: JSON.stringify({ sku: "A", status: "ACCEPTED", submissionId: "1" }),
    };
    expect(amazon?.(call(patch))).toEqual([]);
    const bare = { ...patch, url: patch.url.split("?")[0] ?? "" };
    expect(amazon?.(call(bare))).toEqual(["the query lacks marketplaceIds"]);
    const wrong = { ...patch, body: JSON.stringify({ productType: "PRODUCT", patches: [{}] }) };
    expect(amazon?.(call(wrong))).toHaveLength(1);
    const answer = { ...patch, responseBody: JSON.stringify({ sku: "A" }) };
    expect(amazon?.(call(answer))).toEqual([expect.stringContaining("not as documented")]);
  });
});
