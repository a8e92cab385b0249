import { expect, test } from "vitest";
import { useInstallation } from "./support/installation.ts";
import { channelIds } from "./support/sandbox-client.ts";
import { until } from "./support/until.ts";

const stock = 10;
/** Everybody shows the same after that, one sale at a time. */
const inStepWithinMs = 5_000;
/** The promise of the product: a sale anywhere lowers the number everywhere within this time. */
const saleSeenWithinMs = 1_000;

const installation = useInstallation({ sandbox: { skus: 8, stock } });

async function everyChannelShows(sku: string, quantity: number, withinMs: number): Promise<number> {
  const { sandbox } = installation();
  return await until(withinMs, async () => {
    const shown = (await sandbox.shown(sku))[sku];
    const others = channelIds.filter((channel) => shown?.[channel] !== quantity);
    return others.map((channel) => `${channel} shows ${String(shown?.[channel])}`);
  });
}

test("timeline A: 10 units; Amazon sells 8, Shopify shows 2 and refuses 5", async () => {
  const { sandbox, api } = installation();
  const sku = "TEE-001-S";
  await everyChannelShows(sku, 10, inStepWithinMs);

  expect(await sandbox.order("amazon", sku, 8)).toMatchObject({ accepted: true });
  await until(inStepWithinMs, async () => {
    const shown = await sandbox.shownOn("shopify", sku);
    return shown === 2 ? null : `Shopify shows ${String(shown)}`;
  });
  expect(await sandbox.order("shopify", sku, 5)).toEqual({ accepted: false, reason: "sold-out" });

  await everyChannelShows(sku, 2, inStepWithinMs);
  expect(await sandbox.order("shopify", sku, 2)).toMatchObject({ accepted: true });
  await everyChannelShows(sku, 0, inStepWithinMs);
  expect(await api.sku(sku)).toMatchObject({ available: 0, committed: 10, oversold: 0 });
});

// A new SKU at each try: a busy machine may be late once, not three times.
const skusOfTimelineB = ["TEE-001-M", "TEE-001-L", "TEE-001-XL"];

const tries = { retry: skusOfTimelineB.length - 1 };

test(
  "timeline B: 1 unit; Amazon sells it; eBay does not show it a second later",
  tries,
  async (context) => {
    const { sandbox, api } = installation();
    const sku = skusOfTimelineB[context.task.result?.retryCount ?? 0] ?? "";
    await api.lowerTo(sku, 1);
    await everyChannelShows(sku, 1, inStepWithinMs);

    expect(await sandbox.order("amazon", sku, 1)).toMatchObject({ accepted: true });
    const tookMs = await until(saleSeenWithinMs, async () => {
      const shown = await sandbox.shownOn("ebay", sku);
      return shown === 0 ? null : `eBay shows ${String(shown)}`;
    });
    console.log(`eBay showed 0 after ${tookMs} ms`);
    expect(await sandbox.order("ebay", sku, 1)).toEqual({ accepted: false, reason: "sold-out" });

    await everyChannelShows(sku, 0, inStepWithinMs);
    expect(await api.sku(sku)).toMatchObject({ available: 0, committed: 1, oversold: 0 });
  },
);

test("timeline B turned round: the same unit wanted on two channels at once is taken once and told as oversold", async () => {
  const { sandbox, api, query } = installation();
  const sku = "TEE-002-S";
  await api.lowerTo(sku, 1);
  await everyChannelShows(sku, 1, inStepWithinMs);

  const both = await Promise.all([sandbox.order("amazon", sku, 1), sandbox.order("ebay", sku, 1)]);
  expect(both).toMatchObject([{ accepted: true }, { accepted: true }]);

  await until(inStepWithinMs, async () => {
    const { available, committed, oversold } = await api.sku(sku);
    const wanted = available === 0 && committed === 1 && oversold === 1;
    return wanted ? null : JSON.stringify({ available, committed, oversold });
  });
  await everyChannelShows(sku, 0, inStepWithinMs);
  expect(await query(`select severity from alert where severity = 'critical'`)).not.toEqual([]);
});
