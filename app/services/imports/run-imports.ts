import type { ListingsPage } from "#app/channels/contract.ts";
import { ChannelFault } from "#app/channels/contract.ts";
import { db } from "#app/db/client.server.ts";
import {
  claimDueImports,
  finishImport,
  keepClaim,
  putOff,
  savePage,
  type DueImport,
} from "#app/db/import.repo.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { decideRetry } from "#app/domain/propagation/retry-policy.ts";
import { logger } from "#app/lib/logger.ts";
import {
  isConnectionTrouble,
  openSession,
  type OpenConnection,
} from "#app/services/connections/open-session.ts";
import { pauseForFault } from "#app/services/connections/pause-for-fault.ts";
import { matchListings } from "#app/services/matching/match-listings.ts";
import { wakePropagation } from "#app/services/wake/wake.ts";
import { ensureCatalogue, takeOverStock } from "./catalogue-from.ts";
import { observeHeldStock } from "./held-stock.ts";
import { listingRows } from "./listing-rows.ts";

/** How often a worker looks whether an import has a page due. */
export const importLookEveryMs = 2_000;
/** Imports read at once by one process. */
const importsUnderWayMax = 4;
/** One page may take this long; a reader that died is followed by another one after it. */
const claimMs = 120_000;
const pageMsMax = 60_000;
/** Pages read in one go before another import gets its turn. */
const pagesPerTurnMax = 50;
/** A channel that is still at work on its report is asked again at the latest after this. */
const waitMsMax = 5 * 60_000;

let underWay = 0;

/** Reads on in the imports that are due. Any number of processes share the work, one page at a time each. */
export async function runDueImports(): Promise<void> {
  const free = importsUnderWayMax - underWay;
  if (free <= 0) return;
  for (const run of await claimDueImports(db(), free, claimMs)) {
    underWay += 1;
    // Not awaited: a slow channel holds up no other import.
    void readOn(run).finally(() => {
      underWay -= 1;
    });
  }
}

/** Reads on in a connection's running import, due or not; for tools and tests. */
export async function runImportNow(shopId: string, connectionId: string): Promise<void> {
  const run = await db().importRun.findFirst({
    where: { shopId, connectionId, status: "running" },
    select: { shopId: true, id: true, connectionId: true, cursor: true, attempts: true },
  });
  if (!run) return;
  if (await keepClaim(db(), run, claimMs)) await readOn(run);
}

async function readOn(run: DueImport): Promise<void> {
  try {
    await runImport(run);
  } catch (error) {
    if (isConnectionTrouble(error)) {
      const fault: Fault =
        error instanceof ChannelFault ? error.fault : { kind: "revoked", message: error.message };
      await afterFault(run, fault);
      return;
    }
    logger.error({ err: error, ...run }, "an import failed");
    const message = error instanceof Error ? error.message : String(error);
    await afterFault(run, { kind: "unexpected", message });
  }
}

/** Reads pages until the import is over, has to wait, or has had its turn. */
export async function runImport(run: DueImport): Promise<void> {
  const { shopId, connectionId } = run;
  const connection = await openSession(shopId, connectionId);
  const { session, channel } = connection;
  if (!session.listListings) {
    await finishImport(db(), run, `${channel.label} has no list of listings to read.`);
    return;
  }
  let { cursor } = run;
  for (let pages = 0; pages < pagesPerTurnMax; pages += 1) {
    const page = await session.listListings(cursor, AbortSignal.timeout(pageMsMax));
    if (!page.ok) {
      await afterFault(run, page.fault);
      return;
    }
    await takePage(run, connection, page);
    if (page.cursor === null) {
      await complete(run);
      return;
    }
    ({ cursor } = page);
    if (page.waitMs !== undefined) {
      await putOff(db(), run, {
        afterMs: Math.min(page.waitMs, waitMsMax),
        attempts: 0,
        error: null,
      });
      return;
    }
    if (!(await keepClaim(db(), run, claimMs))) return;
  }
  await putOff(db(), run, { afterMs: 0, attempts: 0, error: null });
}

async function takePage(
  run: DueImport,
  { channel }: OpenConnection,
  page: Extract<ListingsPage, { ok: true }>,
): Promise<void> {
  const { rows, leftOut } = listingRows(page.listings);
  if (leftOut.length > 0) logger.warn({ ...run, leftOut }, "listings without a usable key");
  // The merchant's own shop is where SKUs come from; everywhere else they are looked for.
  const isHome = channel.connect === undefined;
  if (isHome) await ensureCatalogue(run, page.listings);
  const { cursor, total } = page;
  const unmatched = await savePage(db(), run, { rows, cursor, total });
  const matched = await matchListings(run.shopId, run.connectionId, unmatched);
  if (matched > 0) {
    await db().importRun.updateMany({
      where: { shopId: run.shopId, id: run.id },
      data: { matched: { increment: matched } },
    });
  }
  const keys = rows.map((row) => row.listing_key);
  if (isHome) await takeOverStock(run, keys);
  await observeHeldStock(run, channel.label, keys);
}

async function complete(run: DueImport): Promise<void> {
  await finishImport(db(), run, null);
  await wakePropagation(run.shopId);
}

async function afterFault(run: DueImport, fault: Fault): Promise<void> {
  const retry = decideRetry(fault, run.attempts, Math.random());
  if (retry.action === "again") {
    const attempts = run.attempts + (retry.counts ? 1 : 0);
    await putOff(db(), run, { afterMs: retry.afterMs, attempts, error: fault.message });
    return;
  }
  if (retry.action === "pause-connection") await pauseForFault(run, fault.message);
  await finishImport(db(), run, fault.message);
}
