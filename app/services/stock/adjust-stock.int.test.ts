import { afterAll, afterEach, describe, expect, it } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { readLevels } from "#app/db/stock.repo.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import { newId } from "#app/lib/ids.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { shopWithStock, stockPerSku, type ShopWithStock } from "#tests/fixtures/shop-with-stock.ts";
import { expectInvariants } from "#tests/support/invariants.ts";
import { movement } from "#tests/support/stock.ts";
import { adjustStock, type Adjustment } from "./adjust-stock.ts";
import { commitMovements } from "./commit-movements.ts";

afterEach(expectInvariants);
afterAll(async () => {
  await closeQueues();
  await closeDb();
});

const code = "X";

function adjustment(shop: ShopWithStock, change: Partial<Adjustment> = {}): Adjustment {
  return {
    ...{ shopId: shop.shopId, skuCode: code, locationId: shop.mainId, onHandDelta: -3 },
    ...{ reason: "damaged", idempotencyKey: newId(), actor: "api", correlationId: newId() },
    ...change,
  };
}

describe("adjustStock", () => {
  it("changes one level and says what came out", async () => {
    const shop = await shopWithStock([code]);
    expect(await adjustStock(adjustment(shop))).toEqual({
      ...{ ok: true, seq: 2n, replayed: false, locationId: shop.mainId },
      level: { onHand: 7, committed: 0, available: 7, version: 2 },
    });
    const entry = await db().ledgerEntry.findFirstOrThrow({
      where: { shopId: shop.shopId, seq: 2n },
    });
    expect(entry).toMatchObject({ kind: "adjust", reason: "damaged", actor: "api" });
  });

  it("without a location it takes the one that orders are taken from first", async () => {
    const shop = await shopWithStock([code]);
    const outcome = await adjustStock(adjustment(shop, { locationId: undefined }));
    expect(outcome).toMatchObject({ ok: true, locationId: shop.mainId });
    await db().location.updateMany({ where: { id: shop.mainId }, data: { active: false } });
    const next = await adjustStock(adjustment(shop, { locationId: undefined, onHandDelta: 1 }));
    expect(next).toMatchObject({ ok: true, locationId: shop.floorId });
  });

  it("a location that never held the SKU begins at nothing", async () => {
    const shop = await shopWithStock([code]);
    const change = { locationId: shop.floorId, onHandDelta: 5 };
    expect(await adjustStock(adjustment(shop, change))).toMatchObject({
      level: { onHand: 5, available: 5, version: 1 },
    });
  });

  it.each([
    ["unknown-sku", { skuCode: "NO-SUCH" }, /"NO-SUCH" is not known/],
    ["unknown-sku", { skuCode: " X" }, /" X" is not known/],
    ["unknown-location", { locationId: newId() }, /location is not known/],
    ["stale-version", { expectedVersion: 7 }, /10 available now/],
    ["stale-version", { expectedVersion: 0 }, /moved on/],
    ["would-go-negative", { onHandDelta: -11 }, /Only 10 of 10.*11 cannot be taken/],
  ] as const)("refuses %s and writes nothing: %o", async (refusal, change, message) => {
    const shop = await shopWithStock([code]);
    const outcome = await adjustStock(adjustment(shop, change));
    expect(outcome).toMatchObject({ ok: false, refusal, message: expect.stringMatching(message) });
    expect(await db().ledgerEntry.count({ where: { shopId: shop.shopId } })).toBe(1);
  });

  it("Never negative: what is committed cannot be taken away", async () => {
    const shop = await shopWithStock([code]);
    const { shopId, mainId: locationId } = shop;
    const skuId = shop.skuIds[code] ?? "";
    await commitMovements(shopId, async () => {
      const book = new StockBook(await readLevels(db(), shopId, [skuId]));
      book.apply(movement({ kind: "sale", skuId, locationId, committedDelta: 8 }));
      return { book };
    });
    expect(await adjustStock(adjustment(shop))).toMatchObject({
      ...{ ok: false, refusal: "would-go-negative" },
      level: { onHand: 10, committed: 8, available: 2, version: 2 },
    });
  });

  it("Apart: another shop's location is not known here", async () => {
    const [shop, other] = await Promise.all([shopWithStock([code]), shopWithStock([code])]);
    const outcome = await adjustStock(adjustment(shop, { locationId: other.mainId }));
    expect(outcome).toMatchObject({ ok: false, refusal: "unknown-location" });
  });

  it("Once: a repeat gets the first answer, also after the level moved on and with a stale version", async () => {
    const shop = await shopWithStock([code]);
    const first = adjustment(shop, { expectedVersion: 1 });
    const answer = await adjustStock(first);
    await adjustStock(adjustment(shop, { onHandDelta: 1 }));
    const again = await adjustStock({ ...first, correlationId: newId(), reason: "other words" });
    expect(again).toEqual({ ...answer, replayed: true });
    expect(await db().ledgerEntry.count({ where: { shopId: shop.shopId } })).toBe(3);
  });

  it.each([
    ["other units", { onHandDelta: -4 }],
    ["another kind", { kind: "receive" as const }],
    ["another SKU", { skuCode: "Y" }],
  ])("Once: the same key with %s is refused and shown", async (_what, change) => {
    const shop = await shopWithStock([code, "Y"]);
    const first = adjustment(shop);
    await adjustStock(first);
    expect(await adjustStock({ ...first, ...change })).toMatchObject({ refusal: "key-reused" });
    const elsewhere = { locationId: shop.floorId, onHandDelta: 3 };
    expect(await adjustStock({ ...first, ...elsewhere })).toMatchObject({ refusal: "key-reused" });
  });

  it("a refused change does not use its key up", async () => {
    const shop = await shopWithStock([code]);
    const idempotencyKey = newId();
    const tooMany = adjustment(shop, { idempotencyKey, onHandDelta: -11 });
    expect(await adjustStock(tooMany)).toMatchObject({ refusal: "would-go-negative" });
    expect(await adjustStock(adjustment(shop, { idempotencyKey }))).toMatchObject({ ok: true });
  });

  it("Once: ten repeats at the same time are one change, and all get the same answer", async () => {
    const shop = await shopWithStock([code]);
    const one = adjustment(shop);
    const answers = await Promise.all(Array.from({ length: 10 }, () => adjustStock(one)));
    expect(answers.filter((answer) => answer.ok && !answer.replayed)).toHaveLength(1);
    for (const answer of answers) {
      expect(answer).toMatchObject({ ok: true, seq: 2n, level: { onHand: stockPerSku - 3 } });
    }
  });

  it("16 people at once on one level: every change that was answered is in the ledger", async () => {
    const shop = await shopWithStock([code]);
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => adjustStock(adjustment(shop, { onHandDelta: 1 }))),
    );
    expect(answers.every(({ ok }) => ok)).toBe(true);
    const [level] = await db().stockLevel.findMany({ where: { shopId: shop.shopId } });
    expect(level?.onHand).toBe(stockPerSku + 16);
  });
});
