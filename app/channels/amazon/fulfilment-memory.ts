/** How long a listing is believed to stay merchant-fulfilled without looking again. */
const trustMs = 60 * 60 * 1_000;
/** Listings remembered; the oldest is forgotten first. */
const listingsMax = 100_000;

/**
 * Which listings were lately seen to be shipped by the merchant. Writing to one that Amazon ships
 * would convert the offer, so every listing is looked at before its first write, and again each hour.
 */
export class FulfilmentMemory {
  readonly #seenAtMs = new Map<string, number>();

  isMerchant(key: string, nowMs: number): boolean {
    return nowMs - (this.#seenAtMs.get(key) ?? -Infinity) < trustMs;
  }

  sawMerchant(key: string, nowMs: number): void {
    this.#seenAtMs.delete(key);
    this.#seenAtMs.set(key, nowMs);
    const [oldest] = this.#seenAtMs.keys();
    if (this.#seenAtMs.size > listingsMax && oldest !== undefined) this.#seenAtMs.delete(oldest);
  }

  forget(key: string): void {
    this.#seenAtMs.delete(key);
  }
}
