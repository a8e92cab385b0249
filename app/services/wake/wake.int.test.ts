import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { awakeMs, type Sleeper } from "#app/db/wake.repo.ts";
import { newId } from "#app/lib/ids.ts";
import { queueNames, type QueueName } from "#app/queue/names.ts";
import { shopOnAmazon } from "#tests/support/shop.ts";
import { sweep } from "./sweep.ts";
import { drain, wake, wakePropagation } from "./wake.ts";

// The queue is a list here: a wake-up that was sent lies in it until the test takes it out.
const sent: { queue: QueueName; subjectId: string }[] = [];
let queueIsDown = false;
vi.mock("#app/queue/connection.server.ts", () => ({
  addWakeUps(queue: QueueName, wakeUps: readonly Sleeper[]) {
    if (queueIsDown) return Promise.reject(new Error("the queue is away"));
    sent.push(...wakeUps.map(({ subjectId }) => ({ queue, subjectId })));
    return Promise.resolve();
  },
}));

beforeEach(() => {
  sent.length = 0;
  queueIsDown = false;
});
afterAll(closeDb);

const sleeper = (): Sleeper => ({ shopId: newId(), subjectId: newId() });

/** The worker that was at it died long ago. */
async function signsOfLifeStop(subjectId: string): Promise<void> {
  await db().wake.updateMany({ where: { subjectId }, data: { awakeUntil: new Date(0) } });
}

describe("wake", () => {
  it("sends on the edge from idle to busy only, however many wake at the same time", async () => {
    const one = sleeper();
    await Promise.all(Array.from({ length: 30 }, () => wake("ingest", [one])));
    expect(sent).toEqual([{ queue: "ingest", subjectId: one.subjectId }]);
  });

  it("sends again once the one at work showed no life for too long", async () => {
    const one = sleeper();
    await wake("ingest", [one]);
    const row = await db().wake.findFirstOrThrow({ where: { subjectId: one.subjectId } });
    expect(row.awakeUntil.getTime() - Date.now()).toBeLessThanOrEqual(awakeMs);
    await signsOfLifeStop(one.subjectId);
    await wake("ingest", [one]);
    expect(sent).toHaveLength(2);
  });

  it("the queues sleep and wake apart", async () => {
    const one = sleeper();
    for (const queue of queueNames) await wake(queue, [one]);
    expect(sent.map(({ queue }) => queue)).toEqual(queueNames);
  });

  it("takes many at once, in any order, without waiting for itself", async () => {
    const all = Array.from({ length: 50 }, sleeper);
    await Promise.all([wake("propagate", all), wake("propagate", [...all].reverse())]);
    expect(sent).toHaveLength(50);
    await wake("propagate", []);
    expect(sent).toHaveLength(50);
  });

  it("a queue that is away does not fail the caller: the work lies in Postgres", async () => {
    queueIsDown = true;
    await expect(wake("ingest", [sleeper()])).resolves.toBeUndefined();
  });

  it("wakePropagation wakes every active connection of this shop only", async () => {
    const [shop] = [await shopOnAmazon(["A"]), await shopOnAmazon(["A"])];
    await db().wake.deleteMany();
    sent.length = 0;
    await db().connection.updateMany({ where: { id: shop.ebayId }, data: { status: "paused" } });
    await wakePropagation(shop.shopId);
    expect(new Set(sent.map(({ subjectId }) => subjectId))).toEqual(
      new Set([shop.amazonId, shop.shopifyId]),
    );
  });
});

describe("drain", () => {
  it("works until there is nothing left, then sleeps", async () => {
    const one = sleeper();
    let left = 5;
    await drain("ingest", one, () => Promise.resolve(left-- > 0), 100);
    await wake("ingest", [one]);
    expect(sent).toHaveLength(1);
  });

  it("is awake while it works: nobody is woken for what it will find by itself", async () => {
    const one = sleeper();
    await wake("ingest", [one]);
    let steps = 0;
    const step = async () => {
      if (steps === 0) await wake("ingest", [one]);
      steps += 1;
      return steps < 3;
    };
    await drain("ingest", one, step, 100);
    expect(sent).toHaveLength(1);
  });

  it("Bounded: makes room after the named steps, and what is left is woken again", async () => {
    const one = sleeper();
    let steps = 0;
    const step = () => {
      steps += 1;
      return Promise.resolve(true);
    };
    await drain("propagate", one, step, 7);
    expect(steps).toBe(7);
    expect(sent).toEqual([{ queue: "propagate", subjectId: one.subjectId }]);
  });

  it("a step that fails ends the run, and the next sign of work wakes it in the end", async () => {
    const one = sleeper();
    await expect(drain("ingest", one, () => Promise.reject(new Error("no")), 5)).rejects.toThrow();
    await signsOfLifeStop(one.subjectId);
    await wake("ingest", [one]);
    expect(sent).toHaveLength(1);
  });

  // Every place at which news may come while a worker looks for the last time: before it looks, after it
  // looked and found nothing but before it sleeps, after it sleeps and before it looks again, and so on.
  const moments = fc.array(
    fc.record({ look: fc.nat(5), when: fc.constantFrom("before", "after") }),
    { minLength: 1, maxLength: 6 },
  );

  it("Nothing is lost: news that come at any moment are found, or a wake-up is on its way", async () => {
    await fc.assert(
      fc.asyncProperty(moments, async (news) => {
        sent.length = 0;
        const one = sleeper();
        let waiting = 0;
        let looks = 0;
        const arrive = async (when: string) => {
          for (const event of news.filter((at) => at.look === looks && at.when === when)) {
            waiting += event ? 1 : 0;
            // First the event is stored, then somebody is woken: as the inbox writer does.
            await wake("ingest", [one]);
          }
        };
        const step = async () => {
          await arrive("before");
          const found = waiting;
          waiting = 0;
          await arrive("after");
          looks += 1;
          return found > 0;
        };
        waiting = 1;
        await wake("ingest", [one]);
        const runsMax = 20;
        let runs = 0;
        while (sent.length > 0 && runs < runsMax) {
          sent.shift();
          runs += 1;
          await drain("ingest", one, step, 100);
        }
        expect(runs).toBeLessThan(runsMax);
        expect(waiting).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("Nothing is lost: with real concurrency, many wakers and one worker", async () => {
    const one = sleeper();
    let waiting = 0;
    let done = 0;
    const step = async () => {
      const found = waiting;
      await new Promise((resolve) => setImmediate(resolve));
      waiting -= found;
      done += found;
      return found > 0;
    };
    let arriving = true;
    const worker = async () => {
      for (;;) {
        if (sent.shift()) await drain("ingest", one, step, 10);
        else if (!arriving) return;
        else await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const wakers = Array.from({ length: 4 }, async () => {
      for (let index = 0; index < 40; index += 1) {
        waiting += 1;
        await wake("ingest", [one]);
      }
    });
    const working = worker();
    await Promise.all(wakers);
    arriving = false;
    await working;
    expect({ done, waiting }).toEqual({ done: 160, waiting: 0 });
  });
});

describe("sweep", () => {
  const old = new Date(Date.now() - 60_000);

  async function event(shop: Awaited<ReturnType<typeof shopOnAmazon>>, change: object = {}) {
    await db().inboundEvent.create({
      data: {
        ...{ shopId: shop.shopId, id: newId(), connectionId: shop.amazonId, topic: "T" },
        ...{ externalEventId: newId(), payload: "{}", correlationId: newId(), receivedAt: old },
        ...change,
      },
    });
  }

  /** A shop with which nothing is overdue, everybody asleep. */
  async function quietShop() {
    const shop = await shopOnAmazon(["A"]);
    const { seq } = await db().ledgerHead.findFirstOrThrow({ where: { shopId: shop.shopId } });
    await db().connection.updateMany({
      where: { shopId: shop.shopId },
      data: { offsetSeq: seq },
    });
    await db().wake.deleteMany();
    sent.length = 0;
    return shop;
  }

  const wokenOf = (subjects: readonly string[]) =>
    sent.filter(({ subjectId }) => subjects.includes(subjectId)).map(({ queue }) => queue);

  it.each([
    ["an event nobody was woken for", () => ({}), ["ingest"]],
    ["an order to fetch", () => ({ status: "hint" }), ["resolve"]],
    ["an event whose wait is over", () => ({ nextAttemptAt: old }), ["ingest"]],
    ["an event that still waits", () => ({ nextAttemptAt: new Date(Date.now() + 60_000) }), []],
    ["an event of this moment", () => ({ receivedAt: new Date() }), []],
    ["a done event", () => ({ status: "done" }), []],
    ["a dead event", () => ({ status: "dead" }), []],
  ])("%s", async (_what, change, woken) => {
    const shop = await quietShop();
    await event(shop, change());
    await sweep();
    expect(wokenOf([shop.shopId, shop.amazonId])).toEqual(woken);
  });

  it.each([
    ["behind the ledger", { connection: { offsetSeq: 0n } }, true],
    ["a listing due again", { listing: { nextAttemptAt: old } }, true],
    ["a listing to read back", { listing: { readDueAt: old } }, true],
    [
      "a listing to read back, being written",
      { listing: { readDueAt: old, inflightPushId: newId() } },
      false,
    ],
    ["a push that was never answered", { push: true }, true],
    ["behind, but paused", { connection: { offsetSeq: 0n, status: "paused" } }, false],
    [
      "behind, but the breaker is open",
      { connection: { offsetSeq: 0n, nextAttemptAt: new Date(Date.now() + 60_000) } },
      false,
    ],
    ["nothing", {}, false],
  ])("a connection: %s", async (_what, change: Record<string, object | boolean>, woken) => {
    const shop = await quietShop();
    const { shopId, amazonId: connectionId } = shop;
    const listing = await db().listing.findFirstOrThrow({ where: { shopId, connectionId } });
    if (change["connection"]) {
      await db().connection.updateMany({
        where: { id: connectionId },
        data: change["connection"] as object,
      });
    }
    if (change["listing"]) {
      await db().listing.updateMany({
        where: { id: listing.id },
        data: change["listing"] as object,
      });
    }
    if (change["push"]) {
      await db().push.create({
        data: {
          ...{ shopId, connectionId, listingId: listing.id, skuId: listing.skuId ?? "" },
          ...{ id: newId(), batchId: newId(), fromSeq: 0n, toSeq: 1n, quantity: 1, delta: 0 },
          sentAt: old,
        },
      });
    }
    await sweep();
    expect(wokenOf([connectionId])).toEqual(woken ? ["propagate"] : []);
  });

  it("does not wake those at work, and wakes them when they are dead", async () => {
    const shop = await quietShop();
    await event(shop);
    await sweep();
    await sweep();
    expect(wokenOf([shop.shopId])).toEqual(["ingest"]);
    await signsOfLifeStop(shop.shopId);
    await sweep();
    expect(wokenOf([shop.shopId])).toEqual(["ingest", "ingest"]);
  });

  it("a wake-up that the queue refused is sent by a later sweep", async () => {
    const shop = await quietShop();
    await event(shop);
    queueIsDown = true;
    await sweep();
    queueIsDown = false;
    await signsOfLifeStop(shop.shopId);
    await sweep();
    expect(wokenOf([shop.shopId])).toEqual(["ingest"]);
  });
});
