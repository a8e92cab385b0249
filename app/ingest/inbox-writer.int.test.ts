import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import type { ArrivedEvent } from "#app/db/inbox.repo.ts";
import { newId } from "#app/lib/ids.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { shopOnAmazon, type ShopOnAmazon } from "#tests/support/shop.ts";
import { until } from "#tests/support/until.ts";
import { storeEvent } from "./inbox-writer.ts";

let shop: ShopOnAmazon;

beforeAll(async () => {
  shop = await shopOnAmazon(["A"]);
});
afterAll(async () => {
  await closeQueues();
  await closeDb();
});

function arrived(change: Partial<ArrivedEvent> = {}): ArrivedEvent {
  return {
    ...{ id: newId(), shopId: shop.shopId, connectionId: shop.amazonId, externalEventId: newId() },
    ...{ topic: "T", payload: "{}", status: "ready", correlationId: newId(), occurredAt: null },
    receivedAt: new Date("2026-01-11T10:00:00.123Z"),
    ...change,
  };
}

async function stored(externalEventId: string) {
  return await db().inboundEvent.findMany({ where: { shopId: shop.shopId, externalEventId } });
}

it("stores an event as it came, and says that it is new", async () => {
  const event = arrived({ occurredAt: "2026-01-11T09:59:59.000Z", payload: '{"ü":"\\u0000 \'"}' });
  expect(await storeEvent(event)).toBe(true);
  expect(await stored(event.externalEventId)).toMatchObject([
    {
      ...{ id: event.id, topic: "T", payload: event.payload, status: "ready", attempts: 0 },
      ...{ occurredAt: new Date(event.occurredAt ?? 0), receivedAt: event.receivedAt },
    },
  ]);
});

it("Once: the same event many times at once, in one statement and over several, is stored once", async () => {
  const externalEventId = newId();
  const first = await Promise.all(
    Array.from({ length: 20 }, () => storeEvent(arrived({ externalEventId }))),
  );
  const later = await Promise.all([1, 2].map(() => storeEvent(arrived({ externalEventId }))));
  expect([...first, ...later].filter(Boolean)).toHaveLength(1);
  expect(await stored(externalEventId)).toHaveLength(1);
});

it("the same event id of another connection is another event", async () => {
  const externalEventId = newId();
  const connectionId = shop.ebayId;
  expect(await storeEvent(arrived({ externalEventId }))).toBe(true);
  expect(await storeEvent(arrived({ externalEventId, connectionId }))).toBe(true);
  expect(await stored(externalEventId)).toHaveLength(2);
});

it("Nothing accepted is lost: more events at once than one statement takes are all stored", async () => {
  const events = Array.from({ length: 1_200 }, () => arrived({ topic: "many" }));
  const answers = await Promise.all(events.map(storeEvent));
  expect(answers.every(Boolean)).toBe(true);
  const where = { shopId: shop.shopId, topic: "many" };
  expect(await db().inboundEvent.count({ where })).toBe(events.length);
});

it("an event that cannot be stored is refused alone: its neighbours in the same statement are stored", async () => {
  const bad = arrived({ occurredAt: "the day before yesterday" });
  const good = [arrived(), arrived(), arrived()];
  // The first statement takes the first event; the others wait for the second one together.
  const [first, ...rest] = good;
  const answers = await Promise.allSettled(
    [first, bad, ...rest].map((one) => storeEvent(one ?? bad)),
  );
  expect(answers.map(({ status }) => status)).toEqual([
    ...["fulfilled", "rejected", "fulfilled", "fulfilled"],
  ]);
  for (const { externalEventId } of good) expect(await stored(externalEventId)).toHaveLength(1);
  expect(await stored(bad.externalEventId)).toEqual([]);
});

it("wakes the shop for what is ready, the connection for what has to be fetched first", async () => {
  const other = await shopOnAmazon(["A"]);
  const { shopId, amazonId, ebayId } = other;
  await storeEvent(arrived({ shopId, connectionId: amazonId }));
  await storeEvent(arrived({ shopId, connectionId: ebayId, status: "hint" }));
  const woken = await until("both are woken", async () => {
    const rows = await db().wake.findMany({
      where: { shopId, awakeUntil: { gt: new Date() }, queue: { not: "propagate" } },
    });
    return rows.length >= 2 && rows;
  });
  expect(new Set(woken.map(({ queue, subjectId }) => `${queue} ${subjectId}`))).toEqual(
    new Set([`ingest ${shopId}`, `resolve ${ebayId}`]),
  );
});
