import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { applyEvents } from "#app/ingest/apply-events.ts";
import { storeEvent } from "#app/ingest/inbox-writer.ts";
import { newId } from "#app/lib/ids.ts";
import { seal } from "#app/lib/secret-box.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { forgetSession } from "#app/services/connections/open-session.ts";
import { installShop } from "#app/services/shops/install-shop.ts";
import { adjustStock } from "#app/services/stock/adjust-stock.ts";
import { until } from "#tests/support/until.ts";
import { propagateConnection } from "./propagate-connection.ts";

// Adversarial review of the core: each test states what must hold. A failing one is a bug.

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});
afterAll(async () => {
  await closeQueues();
  await closeDb();
});

type Answer = { status?: number; json?: unknown } | Error;
let shopifyShown = new Map<string, number>();
let applied: {
  key: string;
  changes: { inventoryItemId: string; locationId: string; delta: number }[];
}[] = [];
let keys = new Set<string>();
let ebayShown = new Map<string, number>();
/** Decides what a write's caller gets, after (or instead of) the write. */
let onAdjust: (apply: () => void, call: number) => Promise<Answer | null> | Answer | null;
let onLevels: () => Promise<void> | void;
let onEbay: (apply: () => void, call: number) => Answer | null;
let adjustCalls = 0;
let ebayCalls = 0;

function reset() {
  shopifyShown = new Map();
  ebayShown = new Map();
  applied = [];
  keys = new Set();
  adjustCalls = 0;
  ebayCalls = 0;
  onAdjust = (apply) => (apply(), null);
  onLevels = () => undefined;
  onEbay = (apply) => (apply(), null);
}

function respond(answer: Answer): Response {
  if (answer instanceof Error) throw answer;
  return new Response(JSON.stringify(answer.json ?? {}), { status: answer.status ?? 200 });
}
function reset_(code = "ECONNRESET"): Error {
  const error = new TypeError("fetch failed");
  (error as { cause?: unknown }).cause = Object.assign(new Error("x"), { code });
  return error;
}

async function fake(input: unknown, init?: { body?: unknown }): Promise<Response> {
  const url = String(input);
  const body = JSON.parse(typeof init?.body === "string" ? init.body : "{}");
  if (url.includes("/graphql.json")) {
    const { query, variables } = body;
    if (query.includes("LockstepAdjust")) {
      adjustCalls += 1;
      const apply = () => {
        if (keys.has(variables.key)) return;
        keys.add(variables.key);
        applied.push({ key: variables.key, changes: variables.input.changes });
        for (const c of variables.input.changes) {
          const k = `${c.inventoryItemId} ${c.locationId}`;
          shopifyShown.set(k, (shopifyShown.get(k) ?? 0) + c.delta);
        }
      };
      const answer = await onAdjust(apply, adjustCalls);
      return respond(
        answer ?? { json: { data: { inventoryAdjustQuantities: { userErrors: [] } } } },
      );
    }
    if (query.includes("LockstepLevels")) {
      const nodes = variables.ids.map((id: string) => ({
        id,
        inventoryLevel: {
          quantities: [
            {
              name: "available",
              quantity: shopifyShown.get(`${id} ${variables.locationId}`) ?? 0,
              updatedAt: new Date().toISOString(),
            },
          ],
        },
      }));
      await onLevels();
      return respond({ json: { data: { nodes } } });
    }
  }
  if (url.includes("bulk_update_price_quantity")) {
    ebayCalls += 1;
    const apply = () => {
      for (const r of body.requests) ebayShown.set(r.sku, r.shipToLocationAvailability.quantity);
    };
    const rows = body.requests.map((r: { sku: string }) => ({ sku: r.sku, statusCode: 200 }));
    return respond(onEbay(apply, ebayCalls) ?? { json: { responses: rows } });
  }
  if (url.includes("bulk_get_inventory_item")) {
    const rows = body.requests.map((r: { sku: string }) => ({
      sku: r.sku,
      statusCode: 200,
      inventoryItem: {
        availability: { shipToLocationAvailability: { quantity: ebayShown.get(r.sku) ?? 0 } },
      },
    }));
    return respond({ json: { responses: rows } });
  }
  throw new Error(`nobody answers ${url}`);
}

beforeEach(() => {
  reset();
  globalThis.fetch = fake;
});

interface World {
  shopId: string;
  domain: string;
  skuId: string;
  mainId: string;
  floorId: string;
  shopifyId: string;
  ebayId: string;
  main: string;
  floor: string;
  ebay: string;
  keyMain: string;
  keyFloor: string;
}

/** One SKU "A": 10 at main (and `floor` at the floor), listed on Shopify per location and on eBay; all in step. */
async function world(floorUnits = 0): Promise<World> {
  const domain = `r-${newId()}.myshopify.com`;
  const { shopId } = await installShop({ domain });
  const shopify = await db().connection.findFirstOrThrow({ where: { shopId, channel: "shopify" } });
  await db().session.create({
    data: {
      id: `offline_${domain}`,
      shop: domain,
      state: "",
      accessToken: "t",
      expires: new Date(Date.now() + 3_600_000),
      refreshToken: "r",
    },
  });
  const [mainId, floorId, ebayId, skuId] = [newId(), newId(), newId(), newId()];
  const gid = (n: number) => `gid://shopify/Location/${n}`;
  await db().location.createMany({
    data: [
      { shopId, id: mainId, name: "Main", priority: 0, externalId: gid(1) },
      { shopId, id: floorId, name: "Floor", priority: 1, externalId: gid(2) },
    ],
  });
  await db().sku.create({ data: { shopId, id: skuId, code: "A" } });
  await db().connection.create({
    data: {
      shopId,
      id: ebayId,
      channel: "ebay",
      accountId: domain,
      label: "eBay",
      settings: { marketplaceId: "EBAY_US" },
      secrets: seal(JSON.stringify({ refreshToken: "r" }), env().ENCRYPTION_KEY),
      accessToken: seal("t", env().ENCRYPTION_KEY),
      accessTokenUntil: new Date(Date.now() + 3_600_000),
    },
  });
  const item = "gid://shopify/InventoryItem/77";
  const [main, floor, ebay] = [newId(), newId(), newId()];
  const shopifyListing = (id: string, locationId: string, n: number, expectedQty: number) => ({
    shopId,
    id,
    connectionId: shopify.id,
    skuId,
    locationId,
    orderKey: "5",
    expectedQty,
    externalIds: {
      inventoryItemId: item,
      locationId: gid(n),
      variantId: "gid://shopify/ProductVariant/5",
    },
  });
  await db().listing.createMany({
    data: [
      shopifyListing(main, mainId, 1, 10),
      shopifyListing(floor, floorId, 2, floorUnits),
      {
        shopId,
        id: ebay,
        connectionId: ebayId,
        skuId,
        orderKey: "A",
        externalIds: { sku: "A" },
        expectedQty: 10 + floorUnits,
      },
    ],
  });
  const [keyMain, keyFloor] = [`${item} ${gid(1)}`, `${item} ${gid(2)}`];
  shopifyShown.set(keyMain, 10);
  shopifyShown.set(keyFloor, floorUnits);
  ebayShown.set("A", 10 + floorUnits);
  const w = {
    shopId,
    domain,
    skuId,
    mainId,
    floorId,
    shopifyId: shopify.id,
    ebayId,
    main,
    floor,
    ebay,
    keyMain,
    keyFloor,
  };
  await adjust(w, 10);
  if (floorUnits) await adjust(w, floorUnits, floorId);
  await db().connection.updateMany({
    where: { shopId },
    data: { offsetSeq: floorUnits ? 2n : 1n },
  });
  return w;
}

async function adjust(w: World, onHandDelta: number, locationId = w.mainId) {
  const out = await adjustStock({
    shopId: w.shopId,
    skuCode: "A",
    locationId,
    onHandDelta,
    reason: "test",
    idempotencyKey: newId(),
    actor: "test",
    correlationId: newId(),
  });
  expect(out.ok).toBe(true);
}
const listing = (w: World, id: string) =>
  db().listing.findUniqueOrThrow({ where: { shopId_id: { shopId: w.shopId, id } } });
const connection = (w: World, id: string) =>
  db().connection.findUniqueOrThrow({ where: { shopId_id: { shopId: w.shopId, id } } });
async function stock(w: World, locationId = w.mainId) {
  const l = await db().stockLevel.findFirstOrThrow({
    where: { shopId: w.shopId, skuId: w.skuId, locationId },
  });
  return { onHand: l.onHand, committed: l.committed };
}
/** All waits of this shop are over: retries, reads and breaker are due, drifts have settled. */
async function time(w: World) {
  const past = new Date(Date.now() - 60_000);
  await db().listing.updateMany({
    where: { shopId: w.shopId, nextAttemptAt: { not: null } },
    data: { nextAttemptAt: past },
  });
  await db().listing.updateMany({
    where: { shopId: w.shopId, readDueAt: { not: null } },
    data: { readDueAt: past },
  });
  await db().listing.updateMany({
    where: { shopId: w.shopId, driftSince: { not: null } },
    data: { driftSince: past },
  });
  await db().connection.updateMany({
    where: { shopId: w.shopId, nextAttemptAt: { not: null } },
    data: { nextAttemptAt: past },
  });
}
/** Works and lets time pass until nothing is due any more (bounded). */
async function settleAll(w: World, id: string) {
  for (let n = 0; n < 8; n += 1) {
    await time(w);
    await propagateConnection(w.shopId, id);
  }
}
async function event(w: World, connectionId: string, topic: string, payload: unknown) {
  await storeEvent({
    id: newId(),
    shopId: w.shopId,
    connectionId,
    externalEventId: newId(),
    topic,
    payload: JSON.stringify(payload),
    status: "ready",
    correlationId: newId(),
    occurredAt: null,
    receivedAt: new Date(),
  });
  await applyEvents(w.shopId);
}
const levelHint = (w: World, n = 1) =>
  event(w, w.shopifyId, "inventory_levels/update", {
    inventory_item_id: 77,
    location_id: n,
    available: 0,
  });
function shopifyOrder(w: World, quantity: number, id = String(Math.floor(Math.random() * 1e9))) {
  const at = new Date().toISOString();
  return event(w, w.shopifyId, "orders/create", {
    id,
    created_at: at,
    updated_at: at,
    line_items: [{ id: `1${id}`, variant_id: 5, sku: "A", quantity }],
  });
}
const polled = (w: World, connectionId: string, order: object) =>
  event(w, connectionId, "lockstep/polled-order", order);
const snap = (orderId: string, lineId: string, quantity: number, more: object = {}) => ({
  orderId,
  revision: 1,
  placedAt: "2026-01-01T00:00:00.000Z",
  cancelled: false,
  test: false,
  lines: [{ lineId, orderKey: "A", sku: "A", quantity, shipped: 0, externalLocationId: null }],
  ...more,
});

describe("control (must pass)", () => {
  it("plain changes, own orders and observed changes work in this rig", async () => {
    const w = await world(4);
    await adjust(w, -3);
    await propagateConnection(w.shopId, w.shopifyId);
    await propagateConnection(w.shopId, w.ebayId);
    expect([shopifyShown.get(w.keyMain), shopifyShown.get(w.keyFloor), ebayShown.get("A")]).toEqual(
      [7, 4, 11],
    );
    shopifyShown.set(w.keyMain, 6);
    await shopifyOrder(w, 1);
    await levelHint(w);
    await settleAll(w, w.shopifyId);
    expect(await stock(w)).toEqual({ onHand: 7, committed: 1 });
    shopifyShown.set(w.keyMain, 2);
    await levelHint(w);
    await settleAll(w, w.shopifyId);
    await settleAll(w, w.ebayId);
    expect(await stock(w)).toEqual({ onHand: 3, committed: 1 });
    expect([shopifyShown.get(w.keyMain), ebayShown.get("A")]).toEqual([2, 6]);
  });
});

describe("Shopify differences", () => {
  it("a write that timed out (but landed) and whose repeat meets an outage is not done twice", async () => {
    const w = await world();
    onAdjust = (apply, call) => {
      if (call === 1) return (apply(), reset_());
      if (call === 2) return { status: 503 };
      return (apply(), null);
    };
    await adjust(w, -3);
    await propagateConnection(w.shopId, w.shopifyId);
    await settleAll(w, w.shopifyId);
    expect({ shown: shopifyShown.get(w.keyMain), ledger: await stock(w) }).toEqual({
      shown: 7,
      ledger: { onHand: 7, committed: 0 },
    });
  });

  it("two workers that repeat the same unanswered batch count it once", async () => {
    const w = await world();
    await adjust(w, -3);
    const gate: (() => void)[] = [];
    onAdjust = async (apply) => {
      apply();
      await new Promise<void>((go) => gate.push(go));
      return null;
    };
    const first = propagateConnection(w.shopId, w.shopifyId);
    await until("first is calling", () => gate.length === 1);
    forgetSession(w.shopifyId); // the twin is another process
    const second = propagateConnection(w.shopId, w.shopifyId); // its twin: lost lock, lost Redis
    await until("twin is calling", () => gate.length === 2);
    for (const go of gate) go();
    onAdjust = (apply) => (apply(), null);
    await Promise.all([first, second]);
    expect({
      expected: (await listing(w, w.main)).expectedQty,
      shown: shopifyShown.get(w.keyMain),
    }).toEqual({ expected: 7, shown: 7 });
  });

  it("GraphQL INTERNAL_SERVER_ERROR after the write was done is not done twice", async () => {
    const w = await world();
    onAdjust = (apply, call) => {
      apply();
      return call === 1
        ? { json: { errors: [{ message: "oops", extensions: { code: "INTERNAL_SERVER_ERROR" } }] } }
        : null;
    };
    await adjust(w, +5);
    await settleAll(w, w.shopifyId);
    expect({ shown: shopifyShown.get(w.keyMain), ledger: await stock(w) }).toEqual({
      shown: 15,
      ledger: { onHand: 15, committed: 0 },
    });
  });

  it("a change that is hinted while its listing is being read is seen", async () => {
    const w = await world();
    await levelHint(w);
    let once = true;
    onLevels = async () => {
      if (!once) return;
      once = false;
      shopifyShown.set(w.keyMain, 7); // the merchant changes it after the number was taken
      await levelHint(w); // and the webhook is faster than the answer
    };
    await settleAll(w, w.shopifyId);
    expect({ shown: shopifyShown.get(w.keyMain), ledger: await stock(w) }).toEqual({
      shown: 7,
      ledger: { onHand: 7, committed: 0 },
    });
  });

  it("an order that arrives after its effect was observed is put right", async () => {
    const w = await world();
    shopifyShown.set(w.keyMain, 9); // Shopify sold one; its order webhook is lost or late
    await levelHint(w);
    await settleAll(w, w.shopifyId);
    expect(await stock(w)).toEqual({ onHand: 9, committed: 0 });
    await shopifyOrder(w, 1); // the poll brings it four minutes later
    await settleAll(w, w.shopifyId);
    const { onHand, committed } = await stock(w);
    expect({ shown: shopifyShown.get(w.keyMain), available: onHand - committed }).toEqual({
      shown: 9,
      available: 9,
    });
  });

  it("an order that Shopify takes from another location than predicted is put right", async () => {
    const w = await world(4);
    shopifyShown.set(w.keyFloor, 3); // sold at the floor
    await shopifyOrder(w, 1); // we take it from main
    await levelHint(w, 2); // only the floor moved
    await settleAll(w, w.shopifyId);
    const [main, floor] = [await stock(w), await stock(w, w.floorId)];
    expect({ main: main.onHand - main.committed, floor: floor.onHand - floor.committed }).toEqual({
      main: 10,
      floor: 3,
    });
  });
});

describe("absolute channels", () => {
  it("a 500 after the write was done leaves nothing believed", async () => {
    const w = await world();
    onEbay = (apply, call) => (apply(), call === 1 ? { status: 500 } : null);
    await adjust(w, +5); // wanted 15: eBay shows 15, answers 500
    await propagateConnection(w.shopId, w.ebayId);
    await adjust(w, -5); // sold elsewhere before the retry
    await settleAll(w, w.ebayId);
    expect({ shown: ebayShown.get("A"), stock: await stock(w) }).toEqual({
      shown: 10,
      stock: { onHand: 10, committed: 0 },
    });
  });

  it("an answer nobody can read leaves nothing believed", async () => {
    const w = await world();
    onEbay = (apply, call) => (
      apply(),
      call === 1 ? { status: 200, json: { strange: true } } : null
    );
    await adjust(w, +5);
    await propagateConnection(w.shopId, w.ebayId);
    await adjust(w, -5);
    await settleAll(w, w.ebayId);
    expect(ebayShown.get("A")).toBe(10);
  });

  it("a listing that has waited 30 days (connection paused) is written once and acknowledged", async () => {
    const w = await world();
    await adjust(w, -3);
    const longAgo = new Date(Date.now() - 30 * 86_400_000);
    await db().ledgerEntry.updateMany({
      where: { shopId: w.shopId },
      data: { receivedAt: longAgo },
    });
    // As pause-connection leaves it: due, with the arrival of its oldest change.
    await db().listing.update({
      where: { shopId_id: { shopId: w.shopId, id: w.ebay } },
      data: { nextAttemptAt: longAgo, dueSince: longAgo },
    });
    const errors: string[] = [];
    for (let n = 0; n < 6; n += 1) {
      await time(w);
      await propagateConnection(w.shopId, w.ebayId).catch((error: unknown) =>
        errors.push(String(error).slice(-120)),
      );
    }
    expect({ errors, expected: (await listing(w, w.ebay)).expectedQty, calls: ebayCalls }).toEqual({
      errors: [],
      expected: 7,
      calls: 1,
    });
  });

  it("a 404 for a whole call is not silently the end of a listing", async () => {
    const w = await world();
    onEbay = (apply, call) => (call === 1 ? { status: 404 } : (apply(), null));
    await adjust(w, -3);
    await settleAll(w, w.ebayId);
    await adjust(w, -7); // sold out
    await settleAll(w, w.ebayId);
    const letters = await db().deadLetter.count({ where: { shopId: w.shopId } });
    const alerts = await db().alert.count({ where: { shopId: w.shopId } });
    const shown = ebayShown.get("A");
    expect(
      shown === 0 || letters + alerts > 0,
      `shown ${shown}, ${letters} letters, ${alerts} alerts, state ${(await listing(w, w.ebay)).state}`,
    ).toBe(true);
  });

  it("two listings of one SKU: a sale through one leaves the other right", async () => {
    const w = await world();
    const second = newId();
    await db().listing.create({
      data: {
        shopId: w.shopId,
        id: second,
        connectionId: w.ebayId,
        skuId: w.skuId,
        orderKey: "A-second",
        externalIds: { sku: "A-second" },
        expectedQty: 10,
      },
    });
    ebayShown.set("A-second", 10);
    ebayShown.set("A", 0); // all ten sold through the first listing
    await polled(w, w.ebayId, { ...snap("o1", "l1", 10), placedAt: new Date().toISOString() });
    await settleAll(w, w.ebayId);
    expect({
      stock: await stock(w),
      first: ebayShown.get("A"),
      second: ebayShown.get("A-second"),
    }).toEqual({
      stock: { onHand: 10, committed: 10 },
      first: 0,
      second: 0,
    });
  });

  it("five hundred due listings that are gone do not starve the living", async () => {
    const w = await world();
    await db().listing.createMany({
      data: Array.from({ length: 500 }, () => ({
        shopId: w.shopId,
        id: newId(),
        connectionId: w.ebayId,
        skuId: w.skuId,
        orderKey: newId(),
        externalIds: {},
        state: "missing",
        nextAttemptAt: new Date(Date.now() - 3_600_000),
      })),
    });
    await db().listing.update({
      where: { shopId_id: { shopId: w.shopId, id: w.ebay } },
      data: { expectedQty: null, nextAttemptAt: new Date(Date.now() - 60_000) },
    });
    ebayShown.set("A", 99);
    await propagateConnection(w.shopId, w.ebayId);
    expect(ebayShown.get("A")).toBe(10);
  });

  it("a late answer of a worker that lost its lease changes nothing that is newer", async () => {
    const w = await world();
    await adjust(w, -3); // 7
    const gate: (() => void)[] = [];
    globalThis.fetch = async (input: unknown, init?: object) => {
      const answer = await fake(input, init);
      if (String(input).includes("bulk_update") && ebayCalls === 1)
        await new Promise<void>((go) => gate.push(go));
      return answer;
    };
    const first = propagateConnection(w.shopId, w.ebayId);
    await until("first is calling", () => gate.length === 1);
    await adjust(w, -2); // 5
    forgetSession(w.ebayId); // the twin is another process: its calls do not wait for those of this one
    await settleAll(w, w.ebayId); // it writes 5, and reads it back
    gate[0]?.();
    await first;
    await settleAll(w, w.ebayId);
    expect((await listing(w, w.ebay)).expectedQty).toBe(ebayShown.get("A"));
  });

  it("Shopify's own number above 99,999 is left alone", async () => {
    const w = await world();
    shopifyShown.set(w.keyMain, 150_000); // the merchant counted his screws
    await levelHint(w);
    await settleAll(w, w.shopifyId);
    expect({ shown: shopifyShown.get(w.keyMain), stock: await stock(w) }).toEqual({
      shown: 150_000,
      stock: { onHand: 150_000, committed: 0 },
    });
  });

  it("a listing the channel has locked until midnight is not called with every sale, nor buried for it", async () => {
    const w = await world();
    await adjust(w, +1_000);
    await settleAll(w, w.ebayId);
    const before = ebayCalls;
    onEbay = () => ({
      json: {
        responses: [
          {
            sku: "A",
            statusCode: 400,
            errors: [
              { errorId: 25002, message: "You have exceeded the maximum number of revisions" },
            ],
          },
        ],
      },
    });
    for (let n = 0; n < 100; n += 1) {
      await adjust(w, -1);
      await propagateConnection(w.shopId, w.ebayId);
    }
    expect({
      calls: ebayCalls - before,
      dead: await db().deadLetter.count({ where: { shopId: w.shopId } }),
    }).toEqual({ calls: 1, dead: 0 });
  });

  it("a connection that cannot be opened says so", async () => {
    const w = await world();
    await db().connection.update({
      where: { shopId_id: { shopId: w.shopId, id: w.ebayId } },
      data: { settings: {} },
    });
    await adjust(w, -1);
    for (let n = 0; n < 3; n += 1)
      await propagateConnection(w.shopId, w.ebayId).catch(() => undefined);
    const { status, pausedReason } = await connection(w, w.ebayId);
    const told =
      (await db().alert.count({ where: { shopId: w.shopId } })) +
      (await db().deadLetter.count({ where: { shopId: w.shopId } }));
    expect(status === "paused" || told > 0, `${status} ${pausedReason ?? ""} ${told}`).toBe(true);
  });
});

describe("orders", () => {
  it("an oversold unit that was shipped after new stock came in leaves the shelf", async () => {
    const w = await world();
    const line = (quantity: number, shipped: number) => [
      { lineId: "l1", orderKey: "A", sku: "A", quantity, shipped, externalLocationId: null },
    ];
    await polled(w, w.ebayId, { ...snap("o1", "l1", 0), lines: line(12, 0) }); // two oversold
    await adjust(w, +5);
    await polled(w, w.ebayId, { ...snap("o1", "l1", 0), revision: 2, lines: line(12, 12) });
    expect(await stock(w)).toEqual({ onHand: 3, committed: 0 }); // 15 − 12 left the house
  });

  it("uninstalled: the shop's other connections are neither polled nor written", async () => {
    const w = await world();
    await db().shop.update({ where: { id: w.shopId }, data: { status: "uninstalled" } });
    await adjust(w, -3);
    await propagateConnection(w.shopId, w.ebayId);
    expect(ebayCalls).toBe(0);
  });
  it("a replay of the first event of an order, after a later one, applies its line", async () => {
    const w = await world();
    const unknown = (revision: number) => ({
      ...snap("o1", "l1", 2),
      revision,
      lines: [
        {
          lineId: "l1",
          orderKey: "NEW",
          sku: "NEW",
          quantity: 2,
          shipped: 0,
          externalLocationId: null,
        },
      ],
    });
    await polled(w, w.ebayId, unknown(1));
    await polled(w, w.ebayId, unknown(2));
    await db().sku.update({
      where: { shopId_code: { shopId: w.shopId, code: "A" } },
      data: { code: "NEW" },
    });
    const { replayDeadLetter } = await import("#app/services/dead-letters/settle-dead-letter.ts");
    const letters = await db().deadLetter.findMany({
      where: { shopId: w.shopId },
      orderBy: { createdAt: "asc" },
    });
    await replayDeadLetter({ shopId: w.shopId, id: letters[0]!.id });
    await applyEvents(w.shopId);
    expect(await stock(w)).toEqual({ onHand: 10, committed: 2 });
  });

  it("reinstalled: what moved at Shopify meanwhile is seen", async () => {
    const w = await world();
    const { revokeConnection } = await import("#app/services/connections/revoke-connection.ts");
    await revokeConnection({
      shopId: w.shopId,
      connectionId: w.shopifyId,
      reason: "x",
      at: new Date(Date.now() + 1_000),
    });
    shopifyShown.set(w.keyMain, 4); // no webhook of a shop that left is stored
    await installShop({ domain: w.domain });
    await db().session.create({
      data: {
        id: `offline_${w.domain}`,
        shop: w.domain,
        state: "",
        accessToken: "t",
        expires: new Date(Date.now() + 3_600_000),
        refreshToken: "r",
      },
    });
    await settleAll(w, w.shopifyId);
    expect({ shown: shopifyShown.get(w.keyMain), stock: await stock(w) }).toEqual({
      shown: 4,
      stock: { onHand: 4, committed: 0 },
    });
  });
});
