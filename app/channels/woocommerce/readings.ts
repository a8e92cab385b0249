import type { ChannelSession, ReadResult } from "#app/channels/contract.ts";
import { groupedBy } from "#app/channels/grouped-by.ts";
import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { WooContext } from "./client.ts";
import { keysOf, toReadResult, type ListingKeys } from "./mapping.ts";
import { callsAtOnceMax, endsRound } from "./pace.ts";
import { pageRowsMax, rowId, type ShelfReader } from "./shelf-reader.ts";
import type { Row, WooProduct, WooVariation } from "./wire.ts";

/** Reading what the shop shows. */
export function readingsOf(
  context: WooContext,
  reader: ShelfReader,
): Pick<ChannelSession, "readListings"> {
  return {
    async readListings(listings, signal) {
      const keys = listings.map(keysOf).filter((one) => one !== null);
      const reading = new Reading(reader, signal);
      const fault = await reading.read(keys);
      return fault
        ? listings.map((): ReadResult => ({ ok: false, fault }))
        : listings.map((listing) => toReadResult(listing, reading, context.settings.currency));
    },
  };
}

interface WantedVariation {
  readonly productId: string;
  readonly variationId: string;
}

/** What is found of some listings' products and variations, by id. */
class Reading {
  readonly products = new Map<string, Row<WooProduct>>();
  readonly variations = new Map<string, Row<WooVariation>>();
  readonly faults = new Map<string, Fault>();
  readonly #reader: ShelfReader;
  readonly #signal: AbortSignal;

  constructor(reader: ShelfReader, signal: AbortSignal) {
    this.#reader = reader;
    this.#signal = signal;
  }

  /** A variation needs its product too: it is on sale only where both are. @returns what failed for all of them */
  async read(keys: readonly ListingKeys[]): Promise<Fault | null> {
    const productIds = [...new Set(keys.map(({ productId }) => productId))];
    for (const ids of chunked(productIds, pageRowsMax)) {
      const answer = await this.#reader.productsById(ids, this.#signal);
      if (!answer.ok) return answer.fault;
      for (const row of answer.rows) this.products.set(rowId(row), row);
    }
    // Of a product that is gone nothing need be asked.
    const wanted = keys.flatMap(({ productId, variationId }) =>
      variationId !== null && this.products.has(productId) ? [{ productId, variationId }] : [],
    );
    const fault = this.#reader.isOneList ? await this.#readTogether(wanted) : null;
    if (fault || this.#reader.isOneList) return fault;
    await this.#readApart(wanted);
    return null;
  }

  async #readTogether(wanted: readonly WantedVariation[]): Promise<Fault | null> {
    const all = [...new Set(wanted.map(({ variationId }) => variationId))];
    for (const ids of chunked(all, pageRowsMax)) {
      const answer = await this.#reader.variations({ parentIds: [], ids }, this.#signal);
      // The shop has no such list: product by product, then.
      if (answer === null) return null;
      if (!answer.ok) return answer.fault;
      this.#note(answer.rows);
    }
    return null;
  }

  async #readApart(wanted: readonly WantedVariation[]): Promise<void> {
    const parts = [...groupedBy(wanted, ({ productId }) => productId)].flatMap(
      ([productId, group]) => chunked(group, pageRowsMax).map((part) => ({ productId, part })),
    );
    let stop: Fault | null = null;
    await mapBounded(parts, callsAtOnceMax, async ({ productId, part }) => {
      const fault: Fault | null = stop ?? (await this.#readPart(productId, part));
      if (!fault) return;
      this.faults.set(productId, fault);
      if (endsRound(fault)) stop = fault;
    });
  }

  async #readPart(productId: string, part: readonly WantedVariation[]): Promise<Fault | null> {
    const ids = part.map(({ variationId }) => variationId);
    const answer = await this.#reader.variations({ parentIds: [productId], ids }, this.#signal);
    if (answer === null) return null;
    if (!answer.ok) return answer.fault;
    this.#note(answer.rows);
    return null;
  }

  #note(rows: readonly Row<WooVariation>[]): void {
    for (const row of rows) this.variations.set(rowId(row), row);
  }
}
