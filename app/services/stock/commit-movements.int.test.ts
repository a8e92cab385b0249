import { afterAll, afterEach, describe, expect, it } from "vitest";
import { closeDb, db, inTransaction } from "#app/db/client.server.ts";
import { appendToLedger, isLostRace, readLevels, StaleRead } from "#app/db/stock.repo.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import { newId } from "#app/lib/ids.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { shopWithStock, stockPerSku, type ShopWithStock } from "#tests/fixtures/shop-with-stock.ts";
import { expectInvariants } from "#tests/support/invariants.ts";
import { movement } from "#tests/support/stock.ts";
import { commitAttemptsMax, commitMovements, type Decision } from "./commit-movements.ts";

afterEach(expectInvariants);
afterAll(async () => {
  await closeQueues();
  await closeDb();
});

const code = "X";

/** Reads the SKU's levels as they are now. */
async function bookOf(shop: ShopWithStock): Promise<StockBook> {
  return new StockBook(await readLevels(db(), shop.shopId, [shop.skuIds[code] ?? ""]));
}

function at(shop: ShopWithStock, change: Parameters<typeof movement>[0]) {
  return movement({
    ...{ skuId: shop.skuIds[code] ?? "", locationId: shop.mainId, idempotencyKey: newId() },
    ...change,
  });
}

/** Takes one unit when there is one. */
function takeOne(shop: ShopWithStock, idempotencyKey: string): () => Promise<Decision> {
  return async () => {
    const book = await bookOf(shop);
    book.apply(at(shop, { kind: "sale", committedDelta: 1, idempotencyKey }));
    return { book };
  };
}

/** What another process commits: it knows nothing of this one's line. */
async function committedElsewhere(
  shop: ShopWithStock,
  change: Parameters<typeof movement>[0],
): Promise<void> {
  const book = await bookOf(shop);
  book.apply(at(shop, change));
  await inTransaction((tx) => appendToLedger(tx, shop.shopId, book.changes, book.entries));
}

/** As ingest does it: an event that lost too many races waits in line and is tried again. */
async function inLine(shop: ShopWithStock, decide: () => Promise<Decision>): Promise<number> {
  const roundsMax = 20;
  for (let round = 1; round <= roundsMax; round += 1) {
    try {
      await commitMovements(shop.shopId, decide);
      return round;
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
  }
  throw new Error("never came through");
}

describe("commitMovements", () => {
  it("Conservation, Never negative: 16 committers at once on one SKU sell each unit once", async () => {
    const shop = await shopWithStock([code]);
    const keys = Array.from({ length: 16 }, newId);
    await Promise.all(keys.map((key) => inLine(shop, takeOne(shop, key))));
    const book = await bookOf(shop);
    expect(book.level(shop.skuIds[code] ?? "", shop.mainId)).toMatchObject({
      ...{ onHand: stockPerSku, committed: stockPerSku, version: stockPerSku + 1 },
    });
    const entries = await db().ledgerEntry.findMany({
      where: { shopId: shop.shopId },
      orderBy: { seq: "asc" },
    });
    expect(entries.map(({ seq }) => Number(seq))).toEqual(
      Array.from({ length: stockPerSku + 1 }, (_, index) => index + 1),
    );
    expect(entries.map(({ committedAfter }) => committedAfter)).toEqual(
      Array.from({ length: stockPerSku + 1 }, (_, index) => index),
    );
  });

  it("commits of one batch carry consecutive numbers, whatever others commit meanwhile", async () => {
    const shop = await shopWithStock([code]);
    const batch = (prefix: string) => async () => {
      const book = await bookOf(shop);
      for (let index = 0; index < 5; index += 1) {
        book.apply(at(shop, { onHandDelta: 1, idempotencyKey: `${prefix}:${index}` }));
      }
      return { book };
    };
    const prefixes = ["a", "b", "c", "d"];
    await Promise.all(prefixes.map((prefix) => inLine(shop, batch(prefix))));
    for (const prefix of prefixes) {
      const entries = await db().ledgerEntry.findMany({
        where: { shopId: shop.shopId, idempotencyKey: { startsWith: `${prefix}:` } },
        orderBy: { seq: "asc" },
      });
      const first = Number(entries[0]?.seq);
      expect(
        entries.map(({ seq, idempotencyKey }) => [Number(seq) - first, idempotencyKey]),
      ).toEqual([0, 1, 2, 3, 4].map((index) => [index, `${prefix}:${index}`]));
    }
  });

  it("the version is checked: a decision on old levels writes nothing and is made again on fresh ones", async () => {
    const shop = await shopWithStock([code]);
    let decisions = 0;
    const seq = await commitMovements(shop.shopId, async () => {
      decisions += 1;
      const book = await bookOf(shop);
      book.apply(at(shop, { onHandDelta: -4, idempotencyKey: "slow" }));
      // Another process is faster, once.
      if (decisions === 1) await committedElsewhere(shop, { kind: "sale", committedDelta: 1 });
      return { book };
    });
    expect(decisions).toBe(2);
    expect(seq).toBe(3n);
    const level = (await bookOf(shop)).level(shop.skuIds[code] ?? "", shop.mainId);
    expect(level).toMatchObject({ onHand: stockPerSku - 4, committed: 1, version: 3 });
  });

  it("Bounded: gives up after the named number of attempts, and leaves nothing behind", async () => {
    const shop = await shopWithStock([code]);
    let decisions = 0;
    const outrun = commitMovements(shop.shopId, async () => {
      decisions += 1;
      const book = await bookOf(shop);
      book.apply(at(shop, { onHandDelta: -1, idempotencyKey: "never" }));
      await committedElsewhere(shop, { onHandDelta: 1 });
      return { book };
    });
    await expect(outrun).rejects.toThrow(StaleRead);
    expect(decisions).toBe(commitAttemptsMax);
    const written = await db().ledgerEntry.count({
      where: { shopId: shop.shopId, idempotencyKey: "never" },
    });
    expect(written).toBe(0);
  });

  it("Once: the same key committed by two at once is one entry; the loser decides again and sees it", async () => {
    const shop = await shopWithStock([code]);
    const decide = async (): Promise<Decision> => {
      const recorded = await db().ledgerEntry.count({
        where: { shopId: shop.shopId, idempotencyKey: "same" },
      });
      const book = await bookOf(shop);
      if (recorded === 0) book.apply(at(shop, { onHandDelta: 1, idempotencyKey: "same" }));
      return { book };
    };
    const committed = await Promise.all([
      commitMovements(shop.shopId, decide),
      commitMovements(shop.shopId, decide),
      commitMovements(shop.shopId, decide),
    ]);
    expect(committed.filter((seq) => seq !== null)).toEqual([2n]);
  });

  it("what is written alongside stands or falls with the entries", async () => {
    const shop = await shopWithStock([code]);
    const decide = async (): Promise<Decision> => {
      const book = await bookOf(shop);
      book.apply(at(shop, { onHandDelta: 1 }));
      return {
        book,
        alongside: async (tx, firstSeq) => {
          expect(firstSeq).toBe(2n);
          await tx.sku.updateMany({ where: { shopId: shop.shopId }, data: { safetyStock: 3 } });
          throw new Error("the rest failed");
        },
      };
    };
    await expect(commitMovements(shop.shopId, decide)).rejects.toThrow("the rest failed");
    const sku = await db().sku.findFirstOrThrow({ where: { shopId: shop.shopId } });
    expect(sku.safetyStock).toBe(0);
    expect(await db().ledgerEntry.count({ where: { shopId: shop.shopId } })).toBe(1);
  });

  it("Apart: two shops count their own numbers", async () => {
    const [one, two] = await Promise.all([shopWithStock([code]), shopWithStock([code])]);
    await Promise.all([
      commitMovements(one.shopId, takeOne(one, "k")),
      commitMovements(two.shopId, takeOne(two, "k")),
    ]);
    const heads = await db().ledgerHead.findMany({
      where: { shopId: { in: [one.shopId, two.shopId] } },
    });
    expect(heads.map(({ seq }) => seq)).toEqual([2n, 2n]);
  });

  it("refuses a shop without a ledger", async () => {
    const book = new StockBook([]);
    book.apply(movement({ skuId: newId(), locationId: newId(), onHandDelta: 1 }));
    await expect(commitMovements(newId(), () => Promise.resolve({ book }))).rejects.toThrow(
      /has no ledger/,
    );
  });
});
