import { available, levelKey, type Level } from "./level.ts";
import type { Entry, Movement } from "./movement.ts";

/** Why a movement was not applied; in order of precedence. */
export const refusals = [
  "not-whole",
  "too-large",
  "on-hand-below-zero",
  "committed-below-zero",
  "oversell",
] as const;
/** Units a level may hold; the columns are 32-bit. */
export const levelUnitsMax = 2_000_000_000;
export type Refusal = (typeof refusals)[number];

export type Applied =
  { readonly ok: true; readonly entry: Entry } | { readonly ok: false; readonly refusal: Refusal };

/** A level that the book changed, with the version that was read: the compare-and-set's two sides. */
export interface LevelChange extends Level {
  readonly readVersion: number;
}

/**
 * The levels of one decision: movements are applied one after the other, each seeing the ones before.
 * Pure but for its own state; knows no clock, no storage. A location without a level counts as 0 / 0.
 */
export class StockBook {
  readonly #levels = new Map<string, Level>();
  readonly #readVersions = new Map<string, number>();
  readonly #entries: Entry[] = [];

  constructor(levels: Iterable<Level>) {
    for (const level of levels) this.#levels.set(levelKey(level.skuId, level.locationId), level);
  }

  level(skuId: string, locationId: string): Level {
    const known = this.#levels.get(levelKey(skuId, locationId));
    return known ?? { skuId, locationId, onHand: 0, committed: 0, version: 0 };
  }

  available(skuId: string, locationId: string): number {
    return available(this.level(skuId, locationId));
  }

  /** Applies one movement or says why not; a refusal changes nothing. */
  apply(movement: Movement): Applied {
    const before = this.level(movement.skuId, movement.locationId);
    const after: Level = {
      ...before,
      onHand: before.onHand + movement.onHandDelta,
      committed: before.committed + movement.committedDelta,
      version: before.version + 1,
    };
    const refusal = refuse(before, after);
    if (refusal) return { ok: false, refusal };
    const key = levelKey(before.skuId, before.locationId);
    if (!this.#readVersions.has(key)) this.#readVersions.set(key, before.version);
    this.#levels.set(key, after);
    const entry: Entry = {
      ...movement,
      onHandAfter: after.onHand,
      committedAfter: after.committed,
      levelVersion: after.version,
    };
    this.#entries.push(entry);
    return { ok: true, entry };
  }

  /** All entries in the order in which they were applied. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The levels that changed, each once. */
  get changes(): readonly LevelChange[] {
    return [...this.#readVersions].map(([key, readVersion]) => {
      const level = this.#levels.get(key);
      if (!level) throw new Error(`a changed level is missing: ${key}`);
      return { ...level, readVersion };
    });
  }
}

function refuse(before: Level, after: Level): Refusal | null {
  if (!Number.isSafeInteger(after.onHand) || !Number.isSafeInteger(after.committed)) {
    return "not-whole";
  }
  if (after.onHand > levelUnitsMax || after.committed > levelUnitsMax) return "too-large";
  if (after.onHand < 0) return "on-hand-below-zero";
  if (after.committed < 0) return "committed-below-zero";
  // A movement may not take available below 0.
  if (available(after) < 0 && available(after) < available(before)) return "oversell";
  return null;
}
