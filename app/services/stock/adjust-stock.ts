import { db } from "#app/db/client.server.ts";
import {
  findByKey,
  readFulfilmentLocations,
  readLevels,
  type RecordedKey,
} from "#app/db/stock.repo.ts";
import { available } from "#app/domain/stock/level.ts";
import { movementContent, type Movement } from "#app/domain/stock/movement.ts";
import { levelUnitsMax, StockBook } from "#app/domain/stock/stock-book.ts";
import { wakePropagation } from "#app/services/wake/wake.ts";
import { commitMovements } from "./commit-movements.ts";
import { inTurn } from "./in-turn.ts";

export interface Adjustment {
  readonly shopId: string;
  readonly skuCode: string;
  /** Left out: the location that orders are taken from first. */
  readonly locationId?: string | undefined;
  /** Units to add (+) or take away (−) from on hand. Whole, not 0, at most {@link adjustmentMax} either way. */
  readonly onHandDelta: number;
  readonly reason: string;
  /** The same key with the same content is answered with the first result; with other content it is refused. */
  readonly idempotencyKey: string;
  readonly actor: string;
  readonly correlationId: string;
  /** Refuse when the level has moved on from this version (a form that was open for a while). */
  readonly expectedVersion?: number | undefined;
  readonly kind?: "adjust" | "receive";
}

export interface AdjustedLevel {
  readonly onHand: number;
  readonly committed: number;
  readonly available: number;
  readonly version: number;
}

export type AdjustOutcome =
  | {
      readonly ok: true;
      readonly seq: bigint;
      readonly replayed: boolean;
      readonly locationId: string;
      readonly level: AdjustedLevel;
    }
  | {
      readonly ok: false;
      readonly refusal:
        | "unknown-sku"
        | "unknown-location"
        | "key-reused"
        | "stale-version"
        | "would-go-negative"
        | "too-large";
      readonly message: string;
      readonly level?: AdjustedLevel;
    };

/** Largest single adjustment, in units either way. */
export const adjustmentMax = 1_000_000;

/** A person's or program's correction of one level, through the same commit as every sale. */
export async function adjustStock(adjustment: Adjustment): Promise<AdjustOutcome> {
  const { shopId } = adjustment;
  const sku = await db().sku.findUnique({
    where: { shopId_code: { shopId, code: adjustment.skuCode } },
  });
  if (!sku) return refused("unknown-sku", `SKU "${adjustment.skuCode}" is not known in this shop.`);
  const locationId = await findLocation(shopId, adjustment.locationId);
  if (!locationId) return refused("unknown-location", "This location is not known in this shop.");
  const movement = movementOf(adjustment, sku.id, locationId);
  let outcome: AdjustOutcome = refused("unknown-sku", "not decided");
  const decideNow = async () => {
    const recorded = await findByKey(db(), shopId, movement.idempotencyKey);
    const book = new StockBook(await readLevels(db(), shopId, [sku.id]));
    outcome = recorded ? answerAgain(recorded, movement) : decide(book, movement, adjustment);
    return { book: outcome.ok && !recorded ? book : new StockBook([]) };
  };
  const firstSeq = await inTurn(shopId, () => commitMovements(shopId, decideNow));
  if (firstSeq === null || !outcome.ok) return outcome;
  await wakePropagation(shopId);
  return { ...outcome, seq: firstSeq };
}

async function findLocation(shopId: string, wanted: string | undefined): Promise<string | null> {
  if (wanted === undefined) return (await readFulfilmentLocations(db(), shopId))[0]?.id ?? null;
  const location = await db().location.findUnique({ where: { shopId_id: { shopId, id: wanted } } });
  return location?.id ?? null;
}

function movementOf(adjustment: Adjustment, skuId: string, locationId: string): Movement {
  const now = new Date();
  return {
    kind: adjustment.kind ?? "adjust",
    skuId,
    locationId,
    onHandDelta: adjustment.onHandDelta,
    committedDelta: 0,
    idempotencyKey: `${adjustment.actor}:${adjustment.idempotencyKey}`,
    cause: {
      channel: null,
      connectionId: null,
      orderId: null,
      actor: adjustment.actor,
      reason: adjustment.reason,
      correlationId: adjustment.correlationId,
      occurredAt: now,
      receivedAt: now,
    },
  };
}

function decide(book: StockBook, movement: Movement, adjustment: Adjustment): AdjustOutcome {
  const level = book.level(movement.skuId, movement.locationId);
  const shown = levelOf(level);
  if (adjustment.expectedVersion !== undefined && adjustment.expectedVersion !== level.version) {
    return refused(
      "stale-version",
      `The level has moved on since you looked: ${shown.available} available now.`,
      shown,
    );
  }
  const applied = book.apply(movement);
  if (!applied.ok && applied.refusal === "too-large") {
    return refused("too-large", `A location holds at most ${levelUnitsMax} units of a SKU.`, shown);
  }
  if (!applied.ok) {
    return refused(
      "would-go-negative",
      `Only ${shown.available} of ${shown.onHand} on hand are available here; ${-movement.onHandDelta} cannot be taken away.`,
      shown,
    );
  }
  const { onHandAfter, committedAfter, levelVersion } = applied.entry;
  return {
    ok: true,
    seq: 0n,
    replayed: false,
    locationId: movement.locationId,
    level: levelOf({ onHand: onHandAfter, committed: committedAfter, version: levelVersion }),
  };
}

function answerAgain(recorded: RecordedKey, movement: Movement): AdjustOutcome {
  if (recorded.content !== movementContent(movement)) {
    return refused("key-reused", "This idempotency key was used for another change.");
  }
  const { onHandAfter, committedAfter, levelVersion } = recorded;
  return {
    ok: true,
    seq: recorded.seq,
    replayed: true,
    locationId: movement.locationId,
    level: levelOf({ onHand: onHandAfter, committed: committedAfter, version: levelVersion }),
  };
}

function levelOf(level: { onHand: number; committed: number; version: number }): AdjustedLevel {
  return { ...level, available: available(level) };
}

function refused(
  refusal: Extract<AdjustOutcome, { ok: false }>["refusal"],
  message: string,
  level?: AdjustedLevel,
): AdjustOutcome {
  return { ok: false, refusal, message, ...(level && { level }) };
}
