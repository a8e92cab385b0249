import { db } from "#app/db/client.server.ts";
import { readLagPercentiles, type LagPercentiles } from "./lag-percentiles.ts";
import { readListingCounts, type ListingCounts } from "./listing-counts.ts";

/** Connections shown on one page; a shop has one per account, a handful in practice. */
const connectionsMax = 200;
/** Several open pages of one shop share an answer this long. */
const overviewFreshMs = 1_000;
/** Shops whose answer is kept. */
const overviewShopsMax = 1_000;

/** One connection as the home page shows it. Times in ms, ISO 8601 for moments. */
export interface ConnectionOverview {
  readonly id: string;
  readonly channel: string;
  readonly label: string;
  /** review: nothing is written yet; waiting: the channel is out and is tried again later. */
  readonly state: "review" | "active" | "paused" | "waiting";
  readonly pausedReason: string | null;
  readonly nextAttemptAt: string | null;
  /** Ledger entries this connection has not dealt with: head − offset. */
  readonly offsetLag: number;
  readonly listings: Omit<ListingCounts, "connectionId">;
  readonly lagMs: Omit<LagPercentiles, "connectionId"> | null;
  readonly deadLetters: number;
}

/** The whole shop at one moment. */
export interface Overview {
  readonly now: string;
  /** The shop's last ledger number. */
  readonly head: number;
  readonly inStep: boolean;
  readonly skus: number;
  readonly connections: readonly ConnectionOverview[];
}

const noListings = { inStep: 0, behind: 0, failed: 0, resting: 0 };

async function queryOverview(shopId: string, now: Date): Promise<Overview> {
  const [head, skus, connections, counts, lags, letters] = await Promise.all([
    db().ledgerHead.findUnique({ where: { shopId } }),
    db().sku.count({ where: { shopId } }),
    db().connection.findMany({
      where: { shopId },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
      take: connectionsMax,
    }),
    readListingCounts(shopId),
    readLagPercentiles(shopId, now),
    db().deadLetter.groupBy({
      by: ["connectionId"],
      where: { shopId, settledAt: null },
      _count: true,
    }),
  ]);
  const headSeq = head?.seq ?? 0n;
  const rows = connections.map((connection): ConnectionOverview => {
    const own = <T extends { connectionId: string }>(list: readonly T[]) =>
      list.find((item) => item.connectionId === connection.id);
    const { nextAttemptAt } = connection;
    const waiting = nextAttemptAt !== null && nextAttemptAt > now;
    return {
      id: connection.id,
      channel: connection.channel,
      label: connection.label,
      state: stateOf(connection.status, waiting),
      pausedReason: connection.pausedReason,
      nextAttemptAt: waiting ? nextAttemptAt.toISOString() : null,
      offsetLag: Math.max(0, Number(headSeq - connection.offsetSeq)),
      listings: own(counts) ?? noListings,
      lagMs: own(lags) ?? null,
      deadLetters: own(letters)?._count ?? 0,
    };
  });
  return {
    now: now.toISOString(),
    head: Number(headSeq),
    // What is still in review shows what it showed before: nobody expects it to be in step.
    inStep: rows.every(
      ({ state, listings }) => state === "review" || listings.behind + listings.failed === 0,
    ),
    skus,
    connections: rows,
  };
}

function stateOf(status: string, waiting: boolean): ConnectionOverview["state"] {
  if (status === "paused" || status === "review") return status;
  return waiting ? "waiting" : "active";
}

const answers = new Map<string, { readonly at: number; readonly answer: Promise<Overview> }>();

/** What the home page shows for a shop; at most a second old. */
export function readOverview(shopId: string, now: Date): Promise<Overview> {
  const kept = answers.get(shopId);
  if (kept !== undefined && now.getTime() - kept.at < overviewFreshMs) return kept.answer;
  if (answers.size >= overviewShopsMax) answers.clear();
  const answer = queryOverview(shopId, now);
  answers.set(shopId, { at: now.getTime(), answer });
  // A failure is not an answer worth keeping.
  answer.catch(() => answers.delete(shopId));
  return answer;
}
