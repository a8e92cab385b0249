import { afterAll, beforeAll, expect, test } from "vitest";
import { type Installation, newDataDir, openInstallation } from "./support/installation.ts";
import { channelIds } from "./support/sandbox-client.ts";
import { until } from "./support/until.ts";

const stock = 60;
const sku = "TEE-001-S";
const secondStartMsMax = 15_000;
const inStepWithinMs = 5_000;
/** A worker is called down when it was silent for 15 s (read-health.ts), and up at its next sign of life. */
const downSeenWithinMs = 25_000;
const upSeenWithinMs = 10_000;

const options = { sandbox: { skus: 24, stock } };
let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation(newDataDir(), options);
});
afterAll(async () => {
  await installation.destroy();
});

async function everyChannelShows(quantity: number): Promise<void> {
  await until(inStepWithinMs, async () => {
    const shown = (await installation.sandbox.shown(sku))[sku];
    const others = channelIds.filter((channel) => shown?.[channel] !== quantity);
    return others.map((channel) => `${channel} shows ${String(shown?.[channel])}`);
  });
}

async function health(): Promise<{ status: number; down: readonly string[] }> {
  const answer = await fetch(`${installation.lockstep.appUrl}/healthz`);
  const { down } = (await answer.json()) as { down: readonly string[] };
  return { status: answer.status, down };
}

test("a second start keeps the data and the numbers, and goes on", async () => {
  expect(await installation.sandbox.order("ebay", sku, 7)).toMatchObject({ accepted: true });
  await everyChannelShows(53);
  const before = await installation.api.sku(sku);

  await installation.close();
  const startedAtMs = Date.now();
  installation = await openInstallation(installation.dataDir, options);
  expect(Date.now() - startedAtMs).toBeLessThan(secondStartMsMax);

  expect(await installation.api.sku(sku)).toEqual(before);
  await everyChannelShows(53);
  expect(await installation.sandbox.order("shopify", sku, 3)).toMatchObject({ accepted: true });
  await everyChannelShows(50);
});

const forgeries: readonly [name: string, channel: string, headers: Record<string, string>][] = [
  ["Shopify without a signature", "shopify", {}],
  [
    "Shopify with a wrong signature",
    "shopify",
    {
      "x-shopify-hmac-sha256": Buffer.alloc(32, 1).toString("base64"),
      "x-shopify-shop-domain": "demo.myshopify.com",
      "x-shopify-webhook-id": "forged",
      "x-shopify-topic": "orders/create",
    },
  ],
  ["eBay without a signature", "ebay", {}],
  [
    "eBay with a key nobody knows",
    "ebay",
    {
      "x-ebay-signature": Buffer.from(
        JSON.stringify({ alg: "ecdsa", kid: "forged", signature: "AAAA", digest: "SHA1" }),
      ).toString("base64"),
    },
  ],
  ["TikTok Shop without a signature", "tiktok-shop", {}],
  ["TikTok Shop with a wrong signature", "tiktok-shop", { authorization: "0".repeat(64) }],
];

test.each(forgeries)(
  "a webhook of %s is refused, nothing is stored",
  async (_name, channel, headers) => {
    const count = async (): Promise<unknown> =>
      (await installation.query(`select count(*) from inbound_event`))[0];
    const before = await count();
    const answer = await fetch(`${installation.lockstep.appUrl}/webhooks/${channel}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ id: 1, line_items: [] }),
    });
    expect(answer.status).toBe(401);
    expect(await count()).toEqual(before);
  },
);

test("the refusals are counted", async () => {
  const metrics = await (await fetch(`${installation.lockstep.appUrl}/metrics`)).text();
  for (const channel of ["shopify", "ebay", "tiktok-shop"]) {
    expect(metrics).toMatch(
      new RegExp(`webhook_deliveries_total{channel="${channel}",outcome="unauthenticated"[^}]*} 2`),
    );
  }
});

test("/healthz says 200, 503 with the worker's name when it is stopped, and 200 again", async () => {
  const { lockstep } = installation;
  expect(await health()).toEqual({ status: 200, down: [] });
  lockstep.kill("worker", "SIGSTOP");
  try {
    await until(downSeenWithinMs, async () => {
      const { status, down } = await health();
      return status === 503 && down.join() === "worker" ? null : `${status}, down: ${down.join()}`;
    });
  } finally {
    lockstep.kill("worker", "SIGCONT");
  }
  await until(upSeenWithinMs, async () => {
    const { status, down } = await health();
    return status === 200 ? null : `${status}, down: ${down.join()}`;
  });
});
