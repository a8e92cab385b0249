import type { AmazonContext } from "./auth.ts";

/** How long a listing is believed to stay merchant-fulfilled without looking again. */
const trustMs = 60 * 60 * 1_000;
/** Listings remembered, at most; the older half is forgotten together. */
const listingsMax = 500_000;

/**
 * Which listings were lately seen to be shipped by the merchant. Writing to one that Amazon ships
 * would convert the offer, so every listing is looked at before its first write, and again each hour.
 */
export class FulfilmentMemory {
  /** Two generations: throwing the older one away costs nothing, finding the oldest entry of one would. */
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  isMerchant(key: string, nowMs: number): boolean {
    const seenAtMs = this.#young.get(key) ?? this.#old.get(key) ?? -Infinity;
    return nowMs - seenAtMs < trustMs;
  }

  sawMerchant(key: string, nowMs: number): void {
    this.#young.set(key, nowMs);
    if (this.#young.size <= listingsMax / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  forget(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}

/** This process's memory, of all connections. */
export const fulfilmentMemory = new FulfilmentMemory();

/** One SKU in one marketplace of one seller. */
export function memoryKey(context: AmazonContext, sku: string): string {
  return `${context.accountId} ${context.settings.marketplaceId} ${sku}`;
}
