export interface SellableInput {
  /** Available at each location that feeds the listing. */
  readonly available: readonly number[];
  /** Units kept back from every channel. */
  readonly safetyStock: number;
  /** The most the channel shows; left out, it shows any number. */
  readonly quantityMax?: number | undefined;
}

/** What one listing should show now: pooled over its locations, less the safety stock, between 0 and the channel's most. */
export function sellable(input: SellableInput): number {
  const pool = input.available.reduce((sum, units) => sum + Math.max(0, units), 0);
  return Math.min(input.quantityMax ?? Infinity, Math.max(0, pool - input.safetyStock));
}

/**
 * True when a listing does not show what it should. A listing of which nothing is known must be written. One
 * below 0 (a location on Shopify that sold what was gone) is out of step too: Shopify's buyers see the sum of all
 * locations, so it would hide units of the others.
 */
export function needsPush(expected: number | null, wanted: number): boolean {
  return expected !== wanted;
}

/**
 * Order of urgency, smallest first: what is sold out and still offered, then what offers more than
 * there is (the share that is too much decides), then what offers too little.
 */
export function urgency(expected: number | null, wanted: number): number {
  const shown = expected ?? wanted + 1;
  if (wanted === 0) return 0;
  if (shown > wanted) return 1 + wanted / shown;
  return 3;
}
