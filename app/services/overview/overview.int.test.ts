import { afterAll, expect, it } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { listSkus } from "#app/services/inventory/list-skus.ts";
import { shopWithStock, stockPerSku } from "#tests/fixtures/shop-with-stock.ts";
import { readOverview } from "./read-overview.ts";

afterAll(async () => {
  await closeQueues();
  await closeDb();
});

it("counts listings by the same rule as the SKU table", async () => {
  const codes = ["IN-STEP", "BEHIND", "UNKNOWN", "FAILED", "PAUSED", "WRITING"];
  const { shopId, skuIds, ebayId, mainId } = await shopWithStock(codes);
  const change = async (code: string, data: object) =>
    await db().listing.updateMany({ where: { shopId, skuId: skuIds[code] ?? "" }, data });
  await change("BEHIND", { expectedQty: stockPerSku + 1 });
  await change("UNKNOWN", { expectedQty: null });
  await change("FAILED", { lastError: "refused" });
  await change("PAUSED", { state: "paused", expectedQty: 99 });
  await change("WRITING", { inflightPushId: newId() });
  // A listing of one location only counts that location.
  await db().listing.updateMany({
    where: { shopId, skuId: skuIds["IN-STEP"] ?? "" },
    data: { locationId: mainId },
  });
  const overview = await readOverview(shopId, new Date());
  const ebay = overview.connections.find((connection) => connection.id === ebayId);
  expect(ebay?.listings).toEqual({
    connectionId: ebayId,
    ...{ inStep: 1, behind: 3, failed: 1, resting: 1 },
  });
  expect(overview.inStep).toBe(false);
  const rows = (await listSkus({ shopId })).rows;
  const standings = Object.groupBy(rows, (row) => row.standing);
  expect(standings.behind).toHaveLength(3);
  expect(standings.failed).toHaveLength(1);
  expect(standings.resting).toHaveLength(1);
  expect(standings["in-step"]).toHaveLength(1);
});

it("tells offset lag, percentiles of the last hour and open dead letters per connection", async () => {
  const { shopId, skuIds, ebayId } = await shopWithStock(["X"]);
  const skuId = skuIds.X ?? "";
  const listing = await db().listing.findFirstOrThrow({ where: { shopId } });
  const now = new Date();
  const push = (lagMs: number, agoMs: number, outcome: string) => {
    const at = new Date(now.getTime() - agoMs);
    return {
      ...{ shopId, id: newId(), batchId: newId(), connectionId: ebayId, listingId: listing.id },
      ...{ skuId, fromSeq: 0n, toSeq: 1n, quantity: 1, delta: 0 },
      ...{ outcome, lagMs, sentAt: at, answeredAt: at },
    };
  };
  await db().push.createMany({
    data: [
      ...Array.from({ length: 100 }, (_, index) => push(index + 1, 1_000, "acknowledged")),
      push(9_000, 2 * 3_600_000, "acknowledged"),
      push(9_000, 1_000, "failed"),
    ],
  });
  const letter = { shopId, subject: "event", connectionId: ebayId, reason: "r", payload: "p" };
  await db().deadLetter.createMany({
    data: [
      { ...letter, id: newId(), subjectId: newId(), attempts: 1 },
      { ...letter, id: newId(), subjectId: newId(), attempts: 1, settledAt: now },
    ],
  });
  const overview = await readOverview(shopId, now);
  const ebay = overview.connections.find((connection) => connection.id === ebayId);
  expect(overview.head).toBe(1);
  expect(ebay).toMatchObject({ offsetLag: 1, deadLetters: 1, state: "active" });
  expect(ebay?.lagMs).toMatchObject({ samples: 100, p50: 50, p95: 95, p99: 99 });
});
