import type { Fault } from "#app/domain/propagation/faults.ts";

/** Calls to one shop at the same time (specs/channel-limits.json). */
export const callsAtOnceMax = 2;

const siteFaults: ReadonlySet<Fault["kind"]> = new Set([
  "rate-limited",
  "unavailable",
  "timeout",
  "unauthorised",
  "revoked",
  "locked",
]);

/** Whether further calls to the same shop can only fail the same way: it is left in peace. */
export function endsRound({ kind }: Fault): boolean {
  return siteFaults.has(kind);
}

/** Rows of one batch to a shop nobody has written to yet (channels.md 7.5: 20 to 50 on weak hosting). */
const rowsAtFirst = 50;
const rowsMin = 5;
/** Objects WooCommerce takes in one batch (specs/channel-limits.json). */
const rowsMax = 100;
/** A batch that takes longer is too long for the shop (channels.md 7.5); our own deadline is at 10 s. */
const slowMs = 3_000;
/** Under this there is room for more. */
const quickMs = 1_000;
const growth = 10;
/** Shops remembered by this process. */
const sitesMax = 10_000;

/**
 * How many rows a shop saves at a time, learnt from how long it takes: every shop is a server of its own, and one that
 * always runs into our deadline would never get anywhere. Known to this process only; every process learns it.
 */
export class Pace {
  readonly #rows = new Map<string, number>();

  rowsFor(siteUrl: string): number {
    return this.#rows.get(siteUrl) ?? rowsAtFirst;
  }

  /** @param batch rows sent, ms it took; `lost`: no answer came, or one of a shop that was out of breath */
  learn(
    siteUrl: string,
    batch: { readonly rows: number; readonly tookMs: number; readonly lost: boolean },
  ): void {
    const known = this.rowsFor(siteUrl);
    if (this.#rows.size >= sitesMax) this.#rows.clear();
    if (batch.lost || batch.tookMs > slowMs) {
      this.#rows.set(siteUrl, Math.max(rowsMin, Math.min(known, Math.floor(batch.rows / 2))));
    } else if (batch.rows >= known && batch.tookMs < quickMs) {
      this.#rows.set(siteUrl, Math.min(rowsMax, known + growth));
    }
  }
}
