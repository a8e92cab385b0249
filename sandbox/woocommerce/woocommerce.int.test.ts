import { describe, expect, test } from "vitest";
import { startSandbox, type Sandbox } from "../start.ts";
import { testSandboxConfig } from "../test-config.ts";
import { demoKeys } from "./access.ts";

const basic = `Basic ${Buffer.from(`${demoKeys.consumerKey}:${demoKeys.consumerSecret}`).toString("base64")}`;

async function withShop(run: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const sandbox = await startSandbox({ config: testSandboxConfig });
  sandbox.control.setFaults({ rateLimitFactor: 1_000_000 });
  try {
    await run(sandbox);
  } finally {
    await sandbox.stop();
  }
}

async function call(
  { url }: Sandbox,
  path: string,
  init: { readonly method?: string; readonly body?: unknown; readonly authorization?: string } = {},
) {
  const { method = "GET", body, authorization = basic } = init;
  const answer = await fetch(`${url}/woocommerce${path}`, {
    method,
    headers: { authorization, "content-type": "application/json" },
    redirect: "manual",
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json");
  return {
    status: answer.status,
    body: isJson ? (JSON.parse(text) as never) : text,
    headers: answer.headers,
  };
}
const api = "/wp-json/wc/v3";

describe("the shop refuses what the real one refuses", () => {
  test.each([
    ["GET", "/products?per_page=101", undefined, 400, "rest_invalid_param"],
    ["GET", "/products?include=a", undefined, 400, "rest_invalid_param"],
    ["GET", "/products/999999", undefined, 404, "woocommerce_rest_product_invalid_id"],
    ["PUT", "/products/1001", { stock_quantity: 1 }, 404, "woocommerce_rest_invalid_product_id"],
    ["PUT", "/products/1011", { stock_quantity: "1" }, 400, "rest_invalid_param"],
    ["PUT", "/products/1011", { regular_price: 5 }, 400, "rest_invalid_param"],
    ["GET", "/orders/1", undefined, 404, "woocommerce_rest_shop_order_invalid_id"],
    ["GET", "/orders/1/shipment-trackings", undefined, 404, "rest_no_route"],
    [
      "POST",
      "/webhooks",
      { topic: "order.sold", delivery_url: "http://127.0.0.1" },
      400,
      "woocommerce_rest_shop_webhook_invalid_topic",
    ],
    ["GET", "/nothing", undefined, 404, "rest_no_route"],
  ])("%s %s", (method, path, body, status, code) =>
    withShop(async (sandbox) => {
      const answer = await call(sandbox, `${api}${path}`, { method, body });
      expect(answer).toMatchObject({ status, body: { code } });
    }),
  );

  test("more than 100 objects in a batch", () =>
    withShop(async (sandbox) => {
      const update = Array.from({ length: 101 }, (_, index) => ({ id: index + 1 }));
      const answer = await call(sandbox, `${api}/products/batch`, {
        method: "POST",
        body: { update },
      });
      expect(answer).toMatchObject({
        status: 413,
        body: { code: "woocommerce_rest_request_entity_too_large" },
      });
    }));

  test("keys that are unknown, wrong or dropped on the way", () =>
    withShop(async (sandbox) => {
      const path = `${api}/products`;
      const authorization = `Basic ${Buffer.from(`${demoKeys.consumerKey}:no`).toString("base64")}`;
      expect(await call(sandbox, path, { authorization })).toMatchObject({
        status: 401,
        body: { message: "Consumer secret is invalid." },
      });
      const nobody = { status: 401, body: { code: "woocommerce_rest_cannot_view" } };
      expect(await call(sandbox, path, { authorization: "" })).toMatchObject(nobody);
      expect(await call(sandbox, `/~noheader${path}`)).toMatchObject(nobody);
    }));

  test("pretty addresses where there are none", () =>
    withShop(async (sandbox) => {
      const answer = await call(sandbox, `/~plain${api}/products`);
      expect(answer.status).toBe(404);
      expect(answer.body).toContain("<html>");
      expect((await call(sandbox, "/~plain/?rest_route=/wc/v3/products")).status).toBe(200);
    }));

  test("a consent page without its parameters, or that would post keys over http elsewhere", () =>
    withShop(async (sandbox) => {
      const page = "/wc-auth/v1/authorize?app_name=L&user_id=1&scope=read_write";
      expect((await call(sandbox, page)).status).toBe(401);
      const elsewhere = "&return_url=https://a.example&callback_url=http://a.example";
      expect((await call(sandbox, `${page}${elsewhere}`)).body).toContain("over SSL");
    }));

  test("too many calls, in a page", () =>
    withShop(async (sandbox) => {
      sandbox.control.setFaults({ channel: "woocommerce", throttleShare: 1 });
      const answer = await call(sandbox, `${api}/products`);
      expect(answer.status).toBe(429);
      expect(answer.body).toContain("Too Many Requests");
      expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    }));
});

test("an order takes stock once and gives it back once, whatever its status does", () =>
  withShop(async (sandbox) => {
    const sku = "TEE-002-S";
    const shown = () => sandbox.platform("woocommerce").shown(sku);
    const order = sandbox.control.order({ channel: "woocommerce", sku, quantity: 5 });
    if (!order.accepted) throw new Error("refused");
    const statuses = [
      ["on-hold", 55],
      ["completed", 55],
      ["cancelled", 60],
      ["pending", 60],
      ["processing", 55],
      ["failed", 55],
    ] as const;
    for (const [status, quantity] of statuses) {
      await call(sandbox, `${api}/orders/${order.orderId}`, { method: "PUT", body: { status } });
      expect(shown()).toBe(quantity);
    }
    expect(sandbox.platform("woocommerce").placeOrder({ sku, quantity: 56 })).toMatchObject({
      accepted: false,
      reason: "sold-out",
    });
  }));

test("everything comes back after a restart", () =>
  withShop(async (sandbox) => {
    const platform = sandbox.platform("woocommerce");
    const sku = "TEE-002-S";
    const order = sandbox.control.order({ channel: "woocommerce", sku, quantity: 5 });
    if (!order.accepted) throw new Error("refused");
    await call(sandbox, `${api}/products/1012`, { method: "PUT", body: { status: "private" } });
    await call(sandbox, `${api}/products/1013`, { method: "DELETE" });
    const hook = { topic: "order.updated", delivery_url: "http://127.0.0.1:9/hook" };
    await call(sandbox, `${api}/webhooks`, { method: "POST", body: hook });
    const before = JSON.stringify(platform.snapshot());

    const again = await startSandbox({ config: testSandboxConfig });
    again.control.setFaults({ rateLimitFactor: 1_000_000 });
    again.platform("woocommerce").restore(JSON.parse(before));
    expect(JSON.stringify(again.platform("woocommerce").snapshot())).toBe(before);
    expect(again.platform("woocommerce").shown(sku)).toBe(55);
    expect((await call(again, `${api}/products`)).headers.get("x-wp-total")).toBe("4");
    expect(await call(again, `${api}/orders/${order.orderId}`)).toMatchObject({
      body: { status: "processing" },
    });
    expect((await call(again, `${api}/webhooks`)).body).toHaveLength(1);
    await again.stop();
  }));
