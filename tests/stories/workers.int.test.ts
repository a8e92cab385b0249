import { setInterval as every } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { db } from "#app/db/client.server.ts";
import { applyEvents } from "#app/ingest/apply-events.ts";
import { resolveEvents } from "#app/ingest/resolve-events.ts";
import { startWorker } from "#app/queue/connection.server.ts";
import { propagateConnection } from "#app/services/propagation/propagate-connection.ts";
import { sweep } from "#app/services/wake/sweep.ts";
import { expectInvariants, expectOrdersHeld } from "#tests/support/invariants.ts";
import { channelIds } from "#tests/support/seeded-world.ts";
import { until } from "#tests/support/until.ts";
import { World } from "#tests/support/world.ts";

// A small flash sale with the real workers, queues and sweeper, while the platforms repeat, reorder and fail.

const size = { skus: 4, stock: 12 };
const orders = 160;
const codes = ["TEE-001-S", "TEE-001-M", "TEE-001-L", "TEE-001-XL"];

/** Most buyers want two of the SKUs, which sell out; the others keep some units. */
function codeOf(index: number): string {
  if (index % 16 === 0) return "TEE-001-L";
  if (index % 40 === 1) return "TEE-001-XL";
  return Math.floor(index / 2) % 2 === 0 ? "TEE-001-S" : "TEE-001-M";
}

let world: World;
const stopping = new AbortController();

beforeAll(async () => {
  world = await World.start();
  await world.begin(size);
});
afterAll(async () => {
  stopping.abort();
  await world.stop();
});

/** As workers/index.ts starts them. */
function startWorkers(): void {
  startWorker("ingest", ({ shopId }) => applyEvents(shopId), 4);
  startWorker("resolve", ({ shopId, subjectId }) => resolveEvents(shopId, subjectId), 8);
  startWorker("propagate", ({ shopId, subjectId }) => propagateConnection(shopId, subjectId), 8);
  void (async () => {
    try {
      for await (const _tick of every(500, undefined, { signal: stopping.signal })) await sweep();
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
    }
  })();
}

it("a flash sale on four channels: sold once, nothing lost, nothing negative, and all come to show the same", async () => {
  startWorkers();
  world.sandbox.control.setFaults({
    ...{ duplicateShare: 0.2, reorderShare: 0.3, errorShare: 0.05, rateLimitFactor: 1_000 },
  });
  const placed: string[] = [];
  for (let index = 0; index < orders; index += 1) {
    const channel = channelIds[index % channelIds.length] ?? "amazon";
    const code = codeOf(index);
    const orderId = world.order(channel, code, 1 + (index % 2));
    if (orderId !== null) placed.push(orderId);
    // Buyers come one after the other: the workers keep up with some and not with others.
    if (index % 4 === 3) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(placed.length).toBeGreaterThan(20);
  await until(
    "every order is known",
    async () => (await db().order.count({ where: { shopId: world.shopId } })) === placed.length,
    20_000,
  );
  world.sandbox.control.setFaults({ duplicateShare: 0, reorderShare: 0, errorShare: 0 });
  await until(
    "all channels show what is available",
    async () => {
      // Settling and retry times are what this story does not wait for.
      await world.timePasses(500);
      const stock = await Promise.all(codes.map((code) => world.stock(code)));
      return codes.every((code, index) =>
        Object.values(world.shown(code)).every((units) => units === stock[index]?.available),
      );
    },
    20_000,
  );
  await expectInvariants();
  await expectOrdersHeld();
  const lines = await db().orderLine.findMany({ where: { shopId: world.shopId } });
  const ordered = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  const oversold = lines.reduce((sum, line) => sum + line.oversold, 0);
  const committed = (await Promise.all(codes.map((code) => world.stock(code)))).reduce(
    (sum, stock) => sum + stock.committed,
    0,
  );
  const left = await Promise.all(codes.map(async (code) => (await world.stock(code)).available));
  expect(left).toEqual([0, 0, 2, 4]);
  expect(committed).toBe(ordered - oversold);
  expect(committed).toBeLessThanOrEqual(size.skus * size.stock);
  expect(await db().deadLetter.count()).toBe(0);
  expect(await db().ledgerEntry.count({ where: { kind: "observed" } })).toBe(0);
});
