import type { ChannelSession, ListingRef, WriteResult } from "#app/channels/contract.ts";
import { groupedBy } from "#app/channels/grouped-by.ts";
import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { WooClient, WooContext } from "./client.ts";
import {
  endChange,
  isWholeQuantity,
  mergedChange,
  planned,
  priceChange,
  priceProblem,
  quantityChange,
  relistChange,
  resultOfRow,
  type PlannedChange,
} from "./mapping.ts";
import { callsAtOnceMax, endsRound, Pace } from "./pace.ts";
import { batchAnswer, type ShelfChange } from "./wire.ts";

/** Objects of one batch (specs/channel-limits.json); the pace of the shop may make several calls of it. */
export const pushBatchSizeMax = 100;

const pace = new Pace();

type Part = Required<
  Pick<ChannelSession, "pushQuantities" | "setPrices" | "endListings" | "relistListings">
>;

/** Writing what the shop shows: numbers, prices, on sale or not. */
export function inventoryOf(context: WooContext, client: WooClient): Part {
  const { currency } = context.settings;
  const write = <Write extends ListingRef>(
    writes: readonly Write[],
    change: (write: Write) => PlannedChange | Fault,
    signal: AbortSignal,
  ) => new ShelfWrite(context, client, signal).run(writes.map(change));
  return {
    pushQuantities: (writes, signal) =>
      write(
        writes,
        (one) =>
          isWholeQuantity(one)
            ? planned(one, (keys) => quantityChange(keys, one.quantity))
            : { kind: "rejected", message: "A quantity is a whole number from 0 on." },
        signal,
      ),
    setPrices: (writes, signal) =>
      write(
        writes,
        (one) =>
          priceProblem(one, currency) ?? planned(one, (keys) => priceChange(keys, one.price)),
        signal,
      ),
    endListings: (listings, signal) => write(listings, (one) => planned(one, endChange), signal),
    relistListings: (writes, signal) =>
      write(writes, (one) => planned(one, (keys) => relistChange(keys, one.quantity)), signal),
  };
}

/** A change, and the writes that are done with it. */
interface Entry {
  change: ShelfChange;
  readonly writers: number[];
}

interface Batch {
  readonly parentId: string | null;
  readonly entries: readonly Entry[];
}

/** One round of changes: a call per product with variations, and one for the products themselves. */
class ShelfWrite {
  readonly #context: WooContext;
  readonly #client: WooClient;
  readonly #signal: AbortSignal;
  #stop: Fault | undefined;

  constructor(context: WooContext, client: WooClient, signal: AbortSignal) {
    this.#context = context;
    this.#client = client;
    this.#signal = signal;
  }

  async run(changes: readonly (PlannedChange | Fault)[]): Promise<readonly WriteResult[]> {
    const results = changes.map((change): WriteResult =>
      "message" in change ? { ok: false, fault: change } : { ok: true },
    );
    await mapBounded(this.#batches(changes), callsAtOnceMax, async (batch) => {
      const outcomes = await this.#send(batch);
      for (const [index, { writers }] of batch.entries.entries()) {
        const outcome = outcomes[index];
        for (const writer of writers) if (outcome) results[writer] = outcome;
      }
    });
    return results;
  }

  #batches(changes: readonly (PlannedChange | Fault)[]): Batch[] {
    const plans = changes.flatMap((change, writer) =>
      "message" in change ? [] : [{ ...change, writer }],
    );
    const rows = pace.rowsFor(this.#context.settings.siteUrl);
    return [...groupedBy(plans, ({ parentId }) => parentId)].flatMap(([parentId, group]) => {
      const entries = new Map<number, Entry>();
      for (const { change, writer } of group) {
        const known = entries.get(change.id);
        if (known) {
          known.change = mergedChange(known.change, change);
          known.writers.push(writer);
        } else {
          entries.set(change.id, { change, writers: [writer] });
        }
      }
      return chunked([...entries.values()], rows).map((part) => ({ parentId, entries: part }));
    });
  }

  async #send({ parentId, entries }: Batch): Promise<readonly WriteResult[]> {
    const all = (fault: Fault) => entries.map((): WriteResult => ({ ok: false, fault }));
    if (this.#stop) return all(this.#stop);
    const { now, settings } = this.#context;
    const startedAt = now().getTime();
    const products = "/wc/v3/products";
    const answer = await this.#client.call(
      {
        method: "POST",
        path: parentId === null ? `${products}/batch` : `${products}/${parentId}/variations/batch`,
        body: { update: entries.map(({ change }) => change) },
      },
      batchAnswer,
      this.#signal,
    );
    const tookMs = now().getTime() - startedAt;
    const lost = !answer.ok && (answer.fault.kind === "timeout" || answer.fault.code === "500");
    pace.learn(settings.siteUrl, { rows: entries.length, tookMs, lost });
    if (!answer.ok) {
      if (endsRound(answer.fault)) this.#stop = answer.fault;
      return all(answer.fault);
    }
    const rows = new Map(answer.value.update.map((row) => [row.id, row]));
    return entries.map(({ change }) => resultOfRow(change, rows.get(String(change.id))));
  }
}
