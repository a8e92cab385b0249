import { describe, expect, test } from "vitest";
import { endpointPages, objectProblems, tiktokCheck, treeOf } from "./conformance-spec.ts";

const pages = endpointPages();

/** Slips of TikTok's own samples: a text for a truth value, an answer that is a list. */
const slips = new Set(["the answer.data.return_orders[].is_combined_return is no bool"]);

describe.skipIf(pages === null)("the check against TikTok's reference pages", () => {
  test.each((pages ?? []).map((page) => [`${page.method} ${page.path}`, page] as const))(
    "finds nothing wrong with TikTok's own samples: %s",
    (_, page) => {
      const problems = [
        ...(page.request_example === null
          ? []
          : objectProblems(treeOf(page.body_params), page.request_example, "the body")),
        ...(page.response_example === null
          ? []
          : objectProblems(treeOf(page.response_params), page.response_example, "the answer")),
      ];
      expect(problems.filter((problem) => !slips.has(problem))).toEqual([]);
    },
  );

  test("finds what is wrong", () => {
    const exchange = {
      method: "POST",
      url: "http://127.0.0.1/tiktok-shop/product/202309/products/17/inventory/update?app_key=a&extra=1",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ skus: [{ id: 5, inventory: [{ quantity: "7", shelf: 1 }] }] }),
      status: 200,
      responseBody: JSON.stringify({ code: 0, data: { errors: {} } }),
      responseType: "application/json",
    };
    expect(tiktokCheck()?.(exchange)).toEqual([
      "the header x-tts-access-token is missing",
      "the query lacks sign",
      "the query lacks timestamp",
      "the query.extra is not in the table",
      "the body.skus[].id is no string",
      "the body.skus[].inventory[].quantity is no int",
      "the body.skus[].inventory[].shelf is not in the table",
      "the answer.data.errors is no list",
    ]);
    const stray = { ...exchange, url: "http://127.0.0.1/tiktok-shop/product/202309/nothing" };
    expect(tiktokCheck()?.(stray)).toEqual(["no reference page describes this call"]);
  });
});
