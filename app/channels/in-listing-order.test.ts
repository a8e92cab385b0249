import { expect, test } from "vitest";
import type { ChannelSession, QuantityWrite } from "./contract.ts";
import { inListingOrder } from "./in-listing-order.ts";

const signal = new AbortController().signal;
const write = (listingId: string, quantity: number): QuantityWrite => ({
  ...{ listingId, sku: listingId, externalIds: {}, quantity, delta: 0, idempotencyKey: "" },
});

/** A channel that answers the first call last. */
function slowFirst() {
  const log: string[] = [];
  const release: (() => void)[] = [];
  const session: ChannelSession = {
    async pushQuantities(writes) {
      const name = writes.map((one) => `${one.listingId}=${one.quantity}`).join();
      log.push(`start ${name}`);
      await new Promise<void>((resolve) => release.push(resolve));
      log.push(`end ${name}`);
      return writes.map(() => ({ ok: true }));
    },
    readListings: () => Promise.resolve([]),
  };
  return { session: inListingOrder(session), log, release };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a later write of a listing waits for the earlier one, others do not", async () => {
  const { session, log, release } = slowFirst();
  const all = [
    session.pushQuantities([write("a", 1), write("b", 1)], signal),
    session.pushQuantities([write("b", 2)], signal),
    session.pushQuantities([write("c", 1)], signal),
  ];
  await turn();
  expect(log).toEqual(["start a=1,b=1", "start c=1"]);
  release[0]?.();
  await turn();
  expect(log).toEqual(["start a=1,b=1", "start c=1", "end a=1,b=1", "start b=2"]);
  for (const end of release) end();
  await turn();
  for (const end of release) end();
  await Promise.all(all);
});

test("a write that fails holds nobody up", async () => {
  let calls = 0;
  const session = inListingOrder({
    pushQuantities(writes) {
      calls += 1;
      if (calls === 1) return Promise.reject(new Error("broken"));
      return Promise.resolve(writes.map(() => ({ ok: true as const })));
    },
    readListings: () => Promise.resolve([]),
  });
  const first = session.pushQuantities([write("a", 1)], signal);
  const second = session.pushQuantities([write("a", 2)], signal);
  await expect(first).rejects.toThrow("broken");
  expect(await second).toEqual([{ ok: true }]);
});
