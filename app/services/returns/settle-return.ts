import { db } from "#app/db/client.server.ts";
import { readLevels } from "#app/db/stock.repo.ts";
import { channelLineOf } from "#app/domain/orders/expand-bundles.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import { newId } from "#app/lib/ids.ts";
import { commitMovements } from "#app/services/stock/commit-movements.ts";
import { wakePropagation } from "#app/services/wake/wake.ts";

/** Goods that came back and what becomes of them. */
export interface ReturnSettlement {
  readonly shopId: string;
  readonly connectionId: string;
  readonly returnId: string;
  /** `restocked`: they can be sold again from `locationId`; `written-off`: they cannot. */
  readonly as: "restocked" | "written-off";
  readonly locationId: string;
  readonly actor: string;
}

export type Settled =
  { readonly ok: true; readonly units: number } | { readonly ok: false; readonly reason: string };

/**
 * What a person says of a return. Only this moves its stock, once: a repeat of the same settlement changes nothing.
 * Goods that were written off never come into stock, and never were in it.
 */
export async function settleReturn(given: ReturnSettlement): Promise<Settled> {
  const { shopId, connectionId, returnId } = given;
  const where = { shopId_connectionId_returnId: { shopId, connectionId, returnId } };
  const row = await db().orderReturn.findUnique({ where });
  if (!row) return { ok: false, reason: "There is no such return." };
  if (row.settledAs) {
    return row.settledAs === given.as
      ? { ok: true, units: 0 }
      : { ok: false, reason: `This return was ${row.settledAs} before.` };
  }
  const lines = row.lines as { lineId: string; quantity: number }[];
  if (given.as === "restocked" && lines.length === 0) {
    return {
      ok: false,
      reason:
        "The channel does not say what came back: adjust the stock by hand, then write the return off.",
    };
  }
  const location = await db().location.findUnique({
    where: { shopId_id: { shopId, id: given.locationId } },
  });
  if (!location || location.heldBy) return { ok: false, reason: "There is no such location." };
  return await settle(given, row.orderId, given.as === "restocked" ? lines : []);
}

async function settle(
  given: ReturnSettlement,
  orderId: string,
  lines: readonly { readonly lineId: string; readonly quantity: number }[],
): Promise<Settled> {
  const { shopId, connectionId, returnId, locationId } = given;
  const goods = await goodsOf(given, orderId, lines);
  const now = new Date();
  const correlationId = newId();
  let units = 0;
  await commitMovements(shopId, async () => {
    units = 0;
    // Somebody else may have settled it since: then nothing is left to do.
    const where = { shopId, connectionId, returnId, settledAs: null };
    if ((await db().orderReturn.count({ where })) === 0) return { book: new StockBook([]) };
    const skuIds = goods.map(({ skuId }) => skuId);
    const book = new StockBook(await readLevels(db(), shopId, skuIds));
    for (const { lineId, skuId, quantity } of goods) {
      book.apply({
        kind: "restock",
        ...{ skuId, locationId, onHandDelta: quantity, committedDelta: 0 },
        idempotencyKey: `return:${connectionId}:${returnId}:${lineId}`,
        cause: {
          ...{ channel: null, connectionId, orderId, actor: given.actor },
          ...{ reason: `return ${returnId}`, correlationId, occurredAt: now, receivedAt: now },
        },
      });
      units += quantity;
    }
    return {
      book,
      alongside: async (tx) => {
        await tx.orderReturn.updateMany({
          where: { shopId, connectionId, returnId, settledAs: null },
          data: { settledAs: given.as, settledAt: now },
        });
      },
    };
  });
  await wakePropagation(shopId);
  return { ok: true, units };
}

/** What the return's lines were; a bundle's line is its components. */
async function goodsOf(
  { shopId, connectionId }: ReturnSettlement,
  orderId: string,
  lines: readonly { readonly lineId: string; readonly quantity: number }[],
): Promise<{ lineId: string; skuId: string; quantity: number }[]> {
  const known = await db().orderLine.findMany({ where: { shopId, connectionId, orderId } });
  return lines.flatMap(({ lineId, quantity }) =>
    known.flatMap((line) => {
      const sold = channelLineOf(line.lineId);
      const isLine = line.lineId === lineId;
      if (!line.skuId || !(isLine || sold.lineId === lineId)) return [];
      const units = quantity * (isLine ? 1 : (sold.component?.quantity ?? 1));
      return [{ lineId: line.lineId, skuId: line.skuId, quantity: units }];
    }),
  );
}
