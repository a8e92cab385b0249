import { setTimeout as pause } from "node:timers/promises";
import { inTransaction, type Database } from "#app/db/client.server.ts";
import { appendToLedger, isLostRace } from "#app/db/stock.repo.ts";
import type { StockBook } from "#app/domain/stock/stock-book.ts";

/** What was decided on levels as they were read, and what else must become true with it. */
export interface Decision {
  /** Holds the entries and the changed levels. No entries: only `alongside` is written. */
  readonly book: StockBook;
  /**
   * Writes that stand or fall with the entries (orders, events, listings).
   * @param firstSeq ledger number of the book's first entry; null when it has none
   */
  readonly alongside?: (tx: Database, firstSeq: bigint | null) => Promise<void>;
}

/** Readings and decisions one commit may take before it gives up and the event waits in line. */
export const commitAttemptsMax = 8;
/** Losers of a race come back at different times: within this long after the first attempt, doubled with each. */
const raceDelayMsMax = 20;

/**
 * The only code that changes a quantity. `decide` reads the levels and decides on them, without side
 * effects; then all of it is written in one transaction, each level where its version is still the one
 * read. When somebody was faster, everything is rolled back and decided again on fresh readings.
 * @returns the number of the first ledger entry, or null when nothing moved
 * @throws StaleRead after {@link commitAttemptsMax} attempts
 */
export async function commitMovements(
  shopId: string,
  decide: () => Promise<Decision>,
): Promise<bigint | null> {
  for (let attempt = 1; ; attempt += 1) {
    const { book, alongside } = await decide();
    try {
      return await inTransaction(async (tx) => {
        const { entries, changes } = book;
        const firstSeq =
          entries.length > 0 ? await appendToLedger(tx, shopId, changes, entries) : null;
        await alongside?.(tx, firstSeq);
        return firstSeq;
      });
    } catch (error) {
      if (!isLostRace(error) || attempt >= commitAttemptsMax) throw error;
      await pause(Math.random() * raceDelayMsMax * 2 ** (attempt - 1));
    }
  }
}
