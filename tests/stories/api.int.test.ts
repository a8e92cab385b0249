import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pollOrders } from "#app/ingest/poll-orders.ts";
import { applyEvents } from "#app/ingest/apply-events.ts";
import { db } from "#app/db/client.server.ts";
import { action as addFulfilments } from "#app/routes/api.v1.fulfilments.ts";
import { action as pause } from "#app/routes/api.v1.listings.pause.ts";
import { action as setPrices } from "#app/routes/api.v1.listings.prices.ts";
import { action as resume } from "#app/routes/api.v1.listings.resume.ts";
import { action as settleReturns } from "#app/routes/api.v1.returns.settlements.ts";
import { createApiToken } from "#app/services/api-tokens/create-api-token.ts";
import { channelIds } from "../support/seeded-world.ts";
import { World } from "../support/world.ts";

// What programs may ask of listings, parcels and returns, at the doors they knock at.

const sku = "TEE-001-S";
let world: World;
let token: string;

beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterAll(() => world.stop());
beforeEach(async () => {
  await world.begin({ skus: 4, stock: 40 });
  ({ token } = await createApiToken({ shopId: world.shopId, name: "test" }));
});

type Door = typeof pause;

async function post(door: Door, body: unknown, bearer = token) {
  const request = new Request("http://localhost/api", {
    method: "POST",
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await door({ request, params: {}, context: {} });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function listingAt(channel: string) {
  const connection = await db().connection.findFirstOrThrow({
    where: { shopId: world.shopId, channel },
  });
  const { id: skuId } = await db().sku.findFirstOrThrow({
    where: { shopId: world.shopId, code: sku },
  });
  return await db().listing.findFirstOrThrow({
    where: { shopId: world.shopId, connectionId: connection.id, skuId },
  });
}

const shown = () => world.shown(sku) as Record<string, number | null>;

it.each([
  ["pause", pause],
  ["resume", resume],
  ["prices", setPrices],
  ["fulfilments", addFulfilments],
  ["settlements", settleReturns],
])("%s wants a token, a POST, and known fields", async (_name, door) => {
  expect((await post(door, {}, "wrong")).status).toBe(401);
  const get = new Request("http://localhost/api", { method: "PUT" });
  const answer = await door({ request: get, params: {}, context: {} });
  expect(answer.status).toBe(405);
  const refused = await post(door, { nonsense: 1 });
  expect(refused.status).toBe(422);
  expect(refused.body["errors"]).toContainEqual({
    field: "nonsense",
    message: "This field is not known.",
  });
});

it("a listing is paused at zero and resumed with what there is", async () => {
  const { id } = await listingAt("ebay");
  expect(await post(pause, { listingIds: [id, randomUUID()] })).toEqual({
    status: 200,
    body: { paused: 1 },
  });
  await world.push();
  expect(shown()).toMatchObject({ ebay: 0, amazon: 40 });
  expect((await post(resume, { listingIds: [id] })).body).toEqual({ resumed: 1 });
  await world.push();
  expect(channelIds.map((channel) => shown()[channel])).toEqual(channelIds.map(() => 40));
});

describe("prices", () => {
  it("are taken as text, exactly; what cannot be followed comes back with its reason", async () => {
    const { id } = await listingAt("ebay");
    const answer = await post(setPrices, {
      prices: [
        { listingId: id, amount: "19.99", currency: "USD" },
        { listingId: randomUUID(), amount: "5", currency: "USD" },
      ],
    });
    expect(answer).toMatchObject({
      status: 200,
      body: { accepted: 1, refused: [{ reason: "There is no such listing." }] },
    });
    expect((await listingAt("ebay")).wantedMinor).toBe(1_999n);
  });

  it.each(["12.345", "-1", "1e3", "zero", ""])(
    "%j is no price, and nothing is taken",
    async (amount) => {
      const { id } = await listingAt("ebay");
      const answer = await post(setPrices, {
        prices: [
          { listingId: id, amount: "19.99", currency: "USD" },
          { listingId: id, amount, currency: "USD" },
        ],
      });
      expect(answer).toMatchObject({
        status: 422,
        body: { errors: [{ field: "prices.1.amount" }] },
      });
      expect((await listingAt("ebay")).wantedMinor).toBeNull();
    },
  );
});

it("a parcel that is told twice is one parcel; goods that come back are settled once", async () => {
  const { connectionId } = await listingAt("ebay");
  world.sandbox.control.order({ channel: "ebay", sku, quantity: 2 });
  await pollOrders({ shopId: world.shopId, connectionId, cursor: null });
  await applyEvents(world.shopId);
  const line = await db().orderLine.findFirstOrThrow({ where: { shopId: world.shopId } });
  const parcel = {
    ...{
      connectionId,
      orderId: line.orderId,
      carrier: "ups",
      trackingNumber: "1Z999AA10123456784",
    },
    lines: [{ lineId: line.lineId, quantity: 1 }],
  };
  const first = await post(addFulfilments, parcel);
  expect(first).toMatchObject({ status: 200, body: { parcelNumber: 1 } });
  expect(await post(addFulfilments, parcel)).toEqual(first);
  expect(
    await post(addFulfilments, {
      ...parcel,
      trackingNumber: "9400",
      lines: [{ ...parcel.lines[0], quantity: 2 }],
    }),
  ).toMatchObject({ status: 422, body: { errors: [{ field: "lines" }] } });
  expect(await db().fulfilment.count({ where: { shopId: world.shopId } })).toBe(1);

  await db().orderReturn.create({
    data: {
      ...{ shopId: world.shopId, connectionId, returnId: "R1", orderId: line.orderId },
      ...{
        state: "received",
        changedAt: new Date(),
        lines: [{ lineId: line.lineId, quantity: 1 }],
      },
    },
  });
  const location = await db().location.findFirstOrThrow({
    where: { shopId: world.shopId, heldBy: null },
  });
  const settlement = { connectionId, returnId: "R1", as: "restocked", locationId: location.id };
  expect((await post(settleReturns, settlement)).body).toMatchObject({ units: 1 });
  expect((await post(settleReturns, settlement)).body).toMatchObject({ units: 0 });
  expect(await post(settleReturns, { ...settlement, returnId: "R2" })).toMatchObject({
    status: 422,
    body: { errors: [{ field: "returnId", message: "There is no such return." }] },
  });
});
