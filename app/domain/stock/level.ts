/** Stock of one SKU at one location. Units are whole; `version` grows by one with every ledger entry. */
export interface Level {
  readonly skuId: string;
  readonly locationId: string;
  readonly onHand: number;
  readonly committed: number;
  readonly version: number;
}

/** What may still be sold: on hand − committed. Never below 0 (invariant 2). */
export function available(level: Pick<Level, "onHand" | "committed">): number {
  return level.onHand - level.committed;
}

/** The key of a level within its shop. */
export function levelKey(skuId: string, locationId: string): string {
  return `${skuId}@${locationId}`;
}
