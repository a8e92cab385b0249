import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomFreePort } from "#scripts/ports.ts";
import { redisInstalled, redisMissing, startRedis } from "#tests/setup/redis.ts";
import { useInstallation } from "./support/installation.ts";
import { longestWaitMs, soldOut, untilInStep } from "./support/invariants.ts";
import { runSale } from "./support/sale.ts";

const skuCount = 8;
const stock = 60;

if (!redisInstalled()) console.warn(`The loss of Redis is not tested: ${redisMissing}`);

describe.skipIf(!redisInstalled())("with the queue on Redis", () => {
  let port = 0;
  let redis: Awaited<ReturnType<typeof startRedis>> = null;
  beforeAll(async () => {
    port = await randomFreePort();
    redis = await startRedis(port);
  });
  // Hooks end in reverse order: this one after the installation is gone.
  afterAll(async () => {
    await redis?.stop();
  });
  const installation = useInstallation(() => ({
    redisUrl: `redis://127.0.0.1:${port}`,
    sandbox: { skus: skuCount, stock },
  }));

  test("losing all of Redis in the middle of a flash sale: nothing lost, nothing twice, all in step", async () => {
    const running = installation();
    const { sandbox, lockstep } = running;
    const before = { ...lockstep.pids };
    const skus = Object.keys(await sandbox.shown());
    await sandbox.setFaults({ duplicateShare: 0.05, reorderShare: 0.1 });
    const client = new Redis(port, "127.0.0.1", { retryStrategy: () => null });
    client.on("error", () => undefined);
    expect(await client.dbsize(), "keys in Redis: the queue is there").toBeGreaterThan(0);

    const { ordersAccepted, ordersRefused } = await runSale({
      sandbox,
      skus,
      orders: 600,
      ratePerSecond: 60,
      incidents: {
        200: async () => {
          await client.flushall();
        },
        300: async () => {
          await redis?.stop();
        },
        360: async () => {
          redis = await startRedis(port);
        },
      },
    });
    client.disconnect();
    const tookMs = await untilInStep(running, { stock, skus });
    console.log(
      `${ordersAccepted} orders accepted, ${ordersRefused} refused; longest wait for the ledger ` +
        `${await longestWaitMs(running)} ms; in step ${tookMs} ms after the last order`,
    );

    expect(await soldOut(running, skus)).not.toEqual([]);
    // The processes live through it: nothing was healed by a restart.
    expect(lockstep.pids).toEqual(before);
  });
});
