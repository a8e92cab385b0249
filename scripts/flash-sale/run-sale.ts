import { takeAccount, violationsOf } from "./account.ts";
import { untilConverged, type Convergence } from "./converge.ts";
import { planDemand, type Demand } from "./demand.ts";
import { measureLags } from "./lag.ts";
import { showLive } from "./live.ts";
import { channelIds, type SaleOptions } from "./options.ts";
import { measureOversell } from "./oversell.ts";
import { measurePace, statsBetween } from "./pacing.ts";
import { replayPolling } from "./polling.ts";
import { SaleDatabase } from "./sale-database.ts";
import { SandboxClient } from "./sandbox-client.ts";
import { sell, type Tally } from "./sell.ts";
import { peakMemoryMb, type Target } from "./target.ts";
import type { Trace } from "./trace.ts";
import { ackTimes, readAckHistogram } from "./webhook-ack.ts";

/** The sandbox multiplies Amazon's published limits by this when they are lifted. */
const liftedLimitFactor = 1_000;

/** The whole result: what `--json` prints. */
export type SaleResult = Awaited<ReturnType<typeof runSale>>;

/** One flash sale from the first buyer to the last confirmed number, and what it came to. */
export async function runSale(
  options: SaleOptions,
  target: Target,
  out: NodeJS.WriteStream,
  signal: AbortSignal,
) {
  const sandbox = new SandboxClient(target.sandboxUrl);
  const database = await SaleDatabase.open(target.databaseUrl, target.shop);
  const faultsBefore = await sandbox.faults();
  try {
    const onSale = await chooseSkus(options, database);
    await misbehave(options, sandbox);
    const demand = planDemand({ ...options, skus: onSale.map(({ sku }) => sku) });
    const stock = new Map(onSale.map(({ sku, units }) => [sku, units]));
    const before = await readings(target, sandbox);
    const since = await logEnd(sandbox);

    const tally = { placed: 0, answered: 0, accepted: 0, refused: 0, failed: 0, unitsAccepted: 0 };
    const endLive = showLive(out, database, tally, options.orders);
    let convergence: Convergence;
    let soldMs: number;
    try {
      const { lastOrderAtMs, tookMs } = await sell(demand, sandbox, tally, signal);
      soldMs = tookMs;
      const expected = { orders: tally.accepted, lastOrderAtMs };
      convergence = await untilConverged(database, sandbox, expected, signal);
    } finally {
      await endLive();
    }
    const after = await readings(target, sandbox);
    const trace = await readTrace(database, sandbox, { since, stock });
    return await measure({
      ...{ options, target, demand, trace, tally, convergence, soldMs, before, after, database },
    });
  } finally {
    for (const [channel, faults] of Object.entries(faultsBefore.faults)) {
      await sandbox.setFaults({ channel, ...faults }).catch(() => undefined);
    }
    await database.close();
  }
}

/** The SKUs on sale, most wanted first: those that have most, so that a running shop has something to sell. */
async function chooseSkus(options: SaleOptions, database: SaleDatabase) {
  const stocked = (await database.stock()).filter(({ units }) => units > 0);
  const chosen = stocked.slice(0, options.hot ? 1 : options.skus);
  if (chosen.length === 0)
    throw new Error("Nothing is in stock: npm run reset brings a full shop.");
  return chosen;
}

async function misbehave(options: SaleOptions, sandbox: SandboxClient): Promise<void> {
  const { duplicateShare, reorderShare, latencyMs } = options;
  await sandbox.setFaults({ duplicateShare, reorderShare, latencyMs });
  if (options.amazonLimit === "lifted") {
    await sandbox.setFaults({ channel: "amazon", rateLimitFactor: liftedLimitFactor });
  }
}

async function readings(target: Target, sandbox: SandboxClient) {
  const [stats, acks] = await Promise.all([sandbox.stats(), readAckHistogram(target.appUrl)]);
  return { stats, acks };
}

async function logEnd(sandbox: SandboxClient): Promise<number> {
  // The log answers a position beyond its end with that position; its real end needs one walk.
  return (await sandbox.orders(0)).next;
}

async function readTrace(
  database: SaleDatabase,
  sandbox: SandboxClient,
  { since, stock }: { readonly since: number; readonly stock: ReadonlyMap<string, number> },
): Promise<Trace> {
  const { orders: accepted } = await sandbox.orders(since);
  const orders = await database.orders();
  const entries = await database.entries();
  const pushes = await database.pushes();
  const listings = (await database.listings()).filter(({ sku }) => stock.has(sku));
  return { accepted, stock, orders, entries, pushes, listings };
}

interface Finished {
  readonly options: SaleOptions;
  readonly target: Target;
  readonly demand: readonly Demand[];
  readonly trace: Trace;
  readonly tally: Tally;
  readonly convergence: Convergence;
  readonly soldMs: number;
  readonly before: Awaited<ReturnType<typeof readings>>;
  readonly after: Awaited<ReturnType<typeof readings>>;
  readonly database: SaleDatabase;
}

async function measure(finished: Finished) {
  const { options, trace, tally, demand, convergence, before, after, database, target } = finished;
  const account = takeAccount(trace, await database.stock());
  const ledger = await database.checkLedger();
  const deadLetters = await database.deadLetters();
  const oversell = measureOversell(trace);
  const lags = measureLags(trace);
  const polling = replayPolling(demand, trace.stock);
  const stats = statsBetween(before.stats, after.stats);
  const channels = channelIds.filter((id) => trace.listings.some(({ channel }) => channel === id));
  const byChannel = <T>(of: (channel: (typeof channels)[number]) => T) =>
    Object.fromEntries(channels.map((channel) => [channel, of(channel)]));
  const { converged } = convergence;
  return {
    orders: tally.placed,
    ordersAccepted: trace.accepted.length,
    ordersRefused: tally.refused,
    ordersFailed: tally.failed,
    unitsOrdered: sum(demand.map(({ units }) => units)),
    unitsInStock: sum([...trace.stock.values()]),
    unitsAccepted: account.unitsAccepted,
    unitsSold: account.unitsSold,
    unitsOversoldByUs: oversell.unitsByUs,
    unitsSoldInFlight: oversell.unitsInFlight,
    inFlightWindowMs: oversell.windowMs,
    inFlight: byChannel((channel) => oversell.byChannel.get(channel) ?? null),
    lostEvents: account.lostEvents,
    deadLetters: deadLetters.length,
    duplicatesSent: sum([...stats.values()].map(({ duplicates }) => duplicates)),
    duplicatesApplied: account.duplicatesApplied,
    negativeLevels: ledger.negativeLevels,
    conservation: ledger.unexplainedLevels === 0 && ledger.gapless,
    unitsUnexplained: account.unitsUnexplained,
    observed: account.observed,
    converged,
    convergeMs: convergence.convergeMs,
    pushes: trace.pushes.length,
    pushesPerOrder: round(trace.pushes.length / Math.max(1, trace.accepted.length)),
    lagMs: byChannel((channel) => lags.byChannel.get(channel)?.fromOrder ?? null),
    lagMsAll: lags.all.fromOrder,
    lagFromArrivalMs: byChannel((channel) => lags.byChannel.get(channel)?.fromArrival ?? null),
    lagFromArrivalMsAll: lags.all.fromArrival,
    pace: byChannel((channel) =>
      measurePace(channel, trace.pushes, {
        throttled: stats.get(channel)?.throttled ?? 0,
        amazonLimit: options.amazonLimit,
      }),
    ),
    webhookAckMs: ackTimes(before.acks, after.acks),
    rssMb: { web: peakMemoryMb(target.pids.web), worker: peakMemoryMb(target.pids.worker) },
    polling15min: polling,
    violations: violationsOf({
      ...{ account, ledger, unitsOversoldByUs: oversell.unitsByUs, converged },
      deadLetters: deadLetters.length,
    }),
    details: [...convergence.differences, ...new Set(deadLetters)],
    settings: {
      ...{ skus: trace.stock.size, ratePerSecond: options.ratePerSecond, seed: options.seed },
      ...{ channels: options.channels, latencyMs: options.latencyMs, hot: options.hot },
      ...{ duplicateShare: options.duplicateShare, reorderShare: options.reorderShare },
      ...{ amazonLimit: options.amazonLimit, attached: !target.own },
      soldInMs: Math.round(finished.soldMs),
      reachedRatePerSecond: round((tally.placed / Math.max(1, finished.soldMs)) * 1_000),
    },
  };
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
const round = (value: number): number => Math.round(value * 100) / 100;
