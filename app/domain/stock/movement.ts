/** The named ways in which a level changes. Anything else is not a movement. */
export const movementKinds = [
  "sale",
  "release",
  "ship",
  "restock",
  "receive",
  "adjust",
  "count",
  "transfer_out",
  "transfer_in",
  /** A change that a channel or warehouse reports after the fact. */
  "observed",
] as const;

/** One of {@link movementKinds}. */
export type MovementKind = (typeof movementKinds)[number];

/** A wish to change one level, with its cause. */
export interface Movement {
  readonly kind: MovementKind;
  readonly skuId: string;
  readonly locationId: string;
  readonly onHandDelta: number;
  readonly committedDelta: number;
  /** Names the business fact: the same fact has the same key through every door (invariant 3). */
  readonly idempotencyKey: string;
  readonly cause: Cause;
}

/** Why a level changed: enough to explain any number (invariant 7). */
export interface Cause {
  readonly channel: string | null;
  readonly connectionId: string | null;
  readonly orderId: string | null;
  /** Who or what asked: a channel's id, "api", "merchant", "reconciliation", "seed". */
  readonly actor: string;
  readonly reason: string | null;
  readonly correlationId: string;
  /** By the source's clock. */
  readonly occurredAt: Date;
  /** When the cause reached our door, by our clock. */
  readonly receivedAt: Date;
}

/** A movement that was applied: a ledger entry but for its number. */
export interface Entry extends Movement {
  readonly onHandAfter: number;
  readonly committedAfter: number;
  readonly levelVersion: number;
}

/** What a movement's key stands for, as text: the same key with another content is refused. */
export function movementContent(movement: Movement): string {
  const { kind, skuId, locationId, onHandDelta, committedDelta } = movement;
  return [kind, skuId, locationId, onHandDelta, committedDelta].join("|");
}
