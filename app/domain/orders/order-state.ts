/** What an order did to stock so far: the fold of all its snapshots. */
export interface OrderState {
  readonly orderId: string;
  readonly revision: number;
  readonly cancelled: boolean;
  readonly test: boolean;
  readonly placedAt: Date;
  readonly lines: readonly OrderLineState[];
}

export interface OrderLineState {
  readonly lineId: string;
  readonly skuId: string | null;
  /** Units wanted now. */
  readonly quantity: number;
  /** Units wanted that no location had (invariant 2). */
  readonly oversold: number;
  readonly shipped: number;
  /** By location id: units taken there, shipped ones included. */
  readonly allocations: Readonly<Record<string, Allocation>>;
  /** Counts this line's changes; part of its idempotency keys. */
  readonly revision: number;
  /** Why the line moves no stock, in words; null when it does. */
  readonly problem: string | null;
}

export interface Allocation {
  readonly units: number;
  readonly shipped: number;
}

/** Units taken from stock over all locations. */
export function unitsTaken(line: OrderLineState): number {
  return Object.values(line.allocations).reduce((sum, { units }) => sum + units, 0);
}
