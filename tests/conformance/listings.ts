import { describe, expect, test } from "vitest";
import {
  groundOf,
  kindOf,
  listingsAt,
  neverAborted,
  shownOf,
  unknownOf,
  writeOf,
  type Ground,
} from "./ground.ts";
import type {
  BulkProgress,
  ListingRef,
  PriceWrite,
  QuantityWrite,
  ReadResult,
} from "#app/channels/contract.ts";

/** Looks at a job at most this often. */
const bulkPollsMax = 200;
/** The simulated platforms work fast: their waits are cut to this. */
const bulkWaitMsMax = 50;

const missing = new Error("the power was there when the tests were made");

/** Prices, bulk jobs, ending and relisting: tested where the channel has them. */
export function describeListingPowers(ground: Ground): void {
  const { powers } = ground;
  if (powers.has("setPrices")) describe("prices", () => describePrices(ground));
  if (powers.has("startBulk")) describe("bulk", () => describeBulk(ground));
  if (powers.has("endListings")) describe("ending", () => describeEnding(ground));
}

async function readOf(ground: Ground, listing: ListingRef): Promise<ReadResult> {
  const [read] = await ground.rig.session.readListings([listing], neverAborted());
  if (!read) throw new Error("no reading");
  return read;
}

function describePrices(ground: Ground): void {
  test("a price that is set is the price that is read, and an unknown listing fails alone", async () => {
    const { session } = ground.rig;
    if (!session.setPrices) throw missing;
    const [first, second] = listingsAt(ground, 3, 2);
    if (!first || !second) throw new Error("unreachable");
    const before = await readOf(ground, first);
    if (!before.ok || !before.price) throw new Error("a channel that sets prices reads them");
    const { currency } = before.price;
    const prices: PriceWrite[] = [
      { ...first, price: { minor: 2_300, currency } },
      { ...unknownOf(ground), price: { minor: 100, currency } },
      { ...second, price: { minor: 4_100, currency } },
    ];
    const results = await session.setPrices(prices, neverAborted());
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
    await ground.scenario.settled?.(ground.platform);
    expect(await readOf(ground, first)).toMatchObject({ price: { minor: 2_300, currency } });
    expect(await readOf(ground, second)).toMatchObject({ price: { minor: 4_100, currency } });
    // A price touches no stock.
    expect(await readOf(ground, first)).toMatchObject({ quantity: before.quantity });
  });

  test("a price in another currency is refused before it is sent or by the platform", async () => {
    const { session } = ground.rig;
    if (!session.setPrices) throw missing;
    const [target] = listingsAt(ground, 3, 1);
    if (!target) throw new Error("unreachable");
    const before = await readOf(ground, target);
    const price = { minor: 12_345, currency: "ISK" };
    const [result] = await session.setPrices([{ ...target, price }], neverAborted());
    expect(kindOf(result)).toBe("rejected");
    expect(await readOf(ground, target)).toMatchObject({ price: before.ok ? before.price : null });
  });
}

async function bulkDone(
  ground: Ground,
  handle: string,
  writes: readonly QuantityWrite[],
): Promise<Extract<BulkProgress, { done: true }>> {
  for (let polls = 0; polls < bulkPollsMax; polls += 1) {
    const progress = await ground.rig.session.pollBulk?.(handle, writes, neverAborted());
    if (!progress?.ok) throw new Error(`the job cannot be read: ${JSON.stringify(progress)}`);
    if (progress.done) return progress;
    expect(progress.pollAfterMs).toBeGreaterThan(0);
    const waitMs = Math.min(progress.pollAfterMs, bulkWaitMsMax);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  throw new Error("the job never ended");
}

function describeBulk(ground: Ground): void {
  test("a job writes all of it in few calls, and one bad item fails alone", async () => {
    const { session } = ground.rig;
    if (!session.startBulk) throw missing;
    const targets = listingsAt(ground, 0, 8);
    const writes = [
      ...targets.map((listing, index) => writeOf(listing, 81 + index, 0)),
      writeOf(unknownOf(ground), 9, 9),
    ];
    const started = await session.startBulk(writes, neverAborted());
    if (!started.ok) throw new Error(`the job was refused: ${JSON.stringify(started.fault)}`);
    expect(started.handle.length).toBeLessThanOrEqual(500);
    const { results } = await bulkDone(ground, started.handle, writes);
    expect(results.map(({ ok }) => ok)).toEqual([...targets.map(() => true), false]);
    await ground.scenario.settled?.(ground.platform);
    expect(await shownOf(ground.rig, targets)).toEqual(targets.map((_, index) => 81 + index));
  });

  test("a job of many takes no more calls than a tenth of one by one", async () => {
    const { channel, scenario } = ground;
    const { bulk } = channel.push;
    if (!bulk) throw missing;
    const large = await groundOf.once(channel, scenario, { skus: bulk.sizeMin });
    const writes = large.platform.listings.map((listing, index) => writeOf(listing, index % 50, 0));
    const started = await large.rig.session.startBulk?.(writes, neverAborted());
    if (!started?.ok) throw new Error(`the job was refused: ${JSON.stringify(started)}`);
    const { results } = await bulkDone(large, started.handle, writes);
    expect(results).toEqual(writes.map(() => ({ ok: true })));
    expect(large.rig.calls()).toBeLessThanOrEqual(writes.length / 10);
    await large.close();
  });
}

function describeEnding(ground: Ground): void {
  test("an ended listing is off sale, and comes back with its quantity", async () => {
    const { session } = ground.rig;
    if (!session.endListings || !session.relistListings) throw missing;
    const [target] = listingsAt(ground, 5, 1);
    if (!target) throw new Error("unreachable");
    for (let round = 0; round < 2; round += 1) {
      // Ending what is ended is no mistake.
      expect(await session.endListings([target], neverAborted())).toEqual([{ ok: true }]);
      const ended = await readOf(ground, target);
      if (ended.ok) expect(ended.state === "active" && ended.quantity > 0).toBe(false);
      else expect(kindOf(ended)).toBe("unknown-listing");
    }
    const [relisted] = await session.relistListings([writeOf(target, 6, 0)], neverAborted());
    if (!relisted?.ok) throw new Error(`not relisted: ${JSON.stringify(relisted)}`);
    await ground.scenario.settled?.(ground.platform);
    const again = { ...target, externalIds: relisted.externalIds ?? target.externalIds };
    expect(await readOf(ground, again)).toMatchObject({ ok: true, quantity: 6 });
    const [unknown] = await session.endListings([unknownOf(ground)], neverAborted());
    expect(unknown?.ok).toBe(false);
    // The other tests find it where it was.
    Object.assign(target.externalIds, again.externalIds);
  });
}
