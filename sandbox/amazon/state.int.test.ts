import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { demoAccounts } from "../catalogue.ts";
import { startSandbox, type Sandbox } from "../start.ts";
import { testCredential, testSandboxConfig } from "../test-config.ts";
import { applicationId } from "./login.ts";

let sandbox: Sandbox;
afterEach(() => sandbox.stop());

const redirectUri = "https://app.example/back";

async function token(grant: Record<string, string>): Promise<Record<string, unknown>> {
  const client_id = testCredential("AMAZON_LWA_CLIENT_ID");
  const client_secret = testCredential("AMAZON_LWA_CLIENT_SECRET");
  const answer = await fetch(`${sandbox.url}/amazon/lwa/auth/o2/token`, {
    method: "POST",
    body: new URLSearchParams({ ...grant, client_id, client_secret }),
  });
  return (await answer.json()) as Record<string, unknown>;
}

async function consent(): Promise<string> {
  const query = new URLSearchParams({
    ...{ application_id: applicationId, redirect_uri: redirectUri, state: "s" },
  });
  const page = `${sandbox.url}/amazon/apps/authorize/consent?${query.toString()}`;
  const answer = await fetch(page, { redirect: "manual" });
  const back = new URL(answer.headers.get("location") ?? "");
  return back.searchParams.get("spapi_oauth_code") ?? "";
}

const exchange = (code: string) =>
  token({ grant_type: "authorization_code", code, redirect_uri: redirectUri });

test("prices, parcels, subscriptions, reports and consents outlive a restart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "amazon-"));
  const config = { ...testSandboxConfig, stateFile: join(folder, "state.json") };
  sandbox = await startSandbox({ config });
  const code = await consent();
  const { access_token: access } = await exchange(await consent());
  const { access_token: own } = await token({
    ...{ grant_type: "client_credentials", scope: "sellingpartnerapi::notifications" },
  });
  const call = async (path: string, body?: unknown, method = body ? "POST" : "GET") => {
    const isOwn = path.includes("/destinations");
    const answer = await fetch(`${sandbox.url}/amazon${path}`, {
      method,
      headers: { "x-amz-access-token": String(isOwn ? own : access) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  };

  const item = `/listings/2021-08-01/items/${demoAccounts.amazon}/TEE-001-S?marketplaceIds=${demoAccounts.amazonMarketplace}`;
  const our_price = [{ schedule: [{ value_with_tax: 20.5 }] }];
  const value = [{ marketplace_id: demoAccounts.amazonMarketplace, currency: "USD", our_price }];
  const patches = [{ op: "merge", path: "/attributes/purchasable_offer", value }];
  await call(item, { productType: "PRODUCT", patches }, "PATCH");
  const sold = sandbox.control.order({ channel: "amazon", sku: "TEE-001-S", quantity: 2 });
  const orderId = sold.accepted ? sold.orderId : "";
  const order = `/orders/2026-01-01/orders/${orderId}?includedData=PACKAGES`;
  const { orderItems } = (await call(order))["order"] as { orderItems: { orderItemId: string }[] };
  await call(`/orders/v0/orders/${orderId}/shipmentConfirmation`, {
    marketplaceId: demoAccounts.amazonMarketplace,
    packageDetail: {
      ...{ packageReferenceId: "7", carrierCode: "UPS", trackingNumber: "1Z" },
      shipDate: new Date().toISOString(),
      orderItems: [{ orderItemId: orderItems[0]?.orderItemId, quantity: 1 }],
    },
  });
  const { payload } = await call("/notifications/v1/destinations");
  const [destination] = payload as { destinationId: string }[];
  const status = "/notifications/v1/subscriptions/LISTINGS_ITEM_STATUS_CHANGE";
  await call(status, { payloadVersion: "1.0", destinationId: destination?.destinationId });
  const { reportId } = await call("/reports/2021-06-30/reports", {
    reportType: "GET_MERCHANT_LISTINGS_ALL_DATA",
    marketplaceIds: [demoAccounts.amazonMarketplace],
  });

  const before = await Promise.all([
    call(`${item}&includedData=offers`),
    call(order),
    call(status),
  ]);
  expect(before).toMatchObject([
    { offers: [{ price: { amount: "20.50" } }] },
    { order: { packages: [{ packageReferenceId: "7", trackingNumber: "1Z" }] } },
    { payload: { payloadVersion: "1.0" } },
  ]);
  await sandbox.stop();
  sandbox = await startSandbox({ config });
  expect(
    await Promise.all([call(`${item}&includedData=offers`), call(order), call(status)]),
  ).toEqual(before);
  expect(await call(`/reports/2021-06-30/reports/${String(reportId)}`)).toMatchObject({ reportId });
  expect(await exchange(code)).toMatchObject({ token_type: "bearer" });
  // A code works once.
  expect(await exchange(code)).toMatchObject({ error: "invalid_grant" });
});
