import { expect, test } from "vitest";
import { useInstallation } from "./support/installation.ts";
import { longestWaitMs, soldOut, untilInStep } from "./support/invariants.ts";
import { runSale } from "./support/sale.ts";
import { until } from "./support/until.ts";

const skuCount = 8;
const stock = 60;
const restartWithinMs = 20_000;

const installation = useInstallation({ sandbox: { skus: skuCount, stock } });

test("kill -9 of worker and web in the middle of a flash sale: nothing lost, nothing twice, all in step", async () => {
  const running = installation();
  const { lockstep, sandbox } = running;
  const before = { ...lockstep.pids };
  const skus = Object.keys(await sandbox.shown());
  await sandbox.setFaults({ duplicateShare: 0.05, reorderShare: 0.1 });

  const { ordersAccepted, ordersRefused } = await runSale({
    sandbox,
    skus,
    orders: 600,
    ratePerSecond: 60,
    incidents: {
      200: () => {
        lockstep.kill("worker", "SIGKILL");
      },
      400: () => {
        lockstep.kill("web", "SIGKILL");
      },
    },
  });
  await until(restartWithinMs, async () => {
    const { web, worker } = lockstep.pids;
    return web === undefined || worker === undefined ? "a process is not back" : null;
  });
  const tookMs = await untilInStep(running, { stock, skus });
  console.log(
    `${ordersAccepted} orders accepted, ${ordersRefused} refused; longest wait for the ledger ` +
      `${await longestWaitMs(running)} ms; in step ${tookMs} ms after the last order`,
  );

  // Demand has to exceed supply, or nothing was at stake.
  expect(await soldOut(running, skus)).not.toEqual([]);
  expect(lockstep.pids.worker).not.toBe(before.worker);
  expect(lockstep.pids.web).not.toBe(before.web);
  const sent = Object.values(await sandbox.stats());
  expect(sent.reduce((sum, { duplicatesSent }) => sum + duplicatesSent, 0)).toBeGreaterThan(0);
});
