import type { SandboxContext } from "../context.ts";
import type { Shelf } from "../shelf.ts";

interface SavedStock {
  readonly inputs: readonly (readonly [sku: string, units: number])[];
  readonly prices: readonly (readonly [sku: string, minor: number])[];
  readonly held: readonly string[];
}

/**
 * What Walmart counts: the number the seller sent stays as it is, open orders are taken off it, and buyers see the rest
 * (channels.md 6.2). A shipment releases its units without lowering the seller's number: they are for sale again until
 * the seller sends a new one.
 */
export class WalmartStock {
  readonly #context: SandboxContext;
  readonly #shelf: Shelf;
  readonly #inputs = new Map<string, number>();
  readonly #prices = new Map<string, number>();
  readonly #held = new Set<string>();

  constructor(context: SandboxContext, shelf: Shelf) {
    this.#context = context;
    this.#shelf = shelf;
    for (const { code } of context.catalogue.skus) {
      this.#inputs.set(code, shelf.shown(code) ?? 0);
    }
  }

  input(sku: string): number {
    return this.#inputs.get(sku) ?? 0;
  }

  reserved(sku: string): number {
    return this.#shelf.committed(sku);
  }

  available(sku: string): number {
    return this.#shelf.shown(sku) ?? 0;
  }

  /** The seller's number. */
  setInput(sku: string, units: number): void {
    this.#inputs.set(sku, units);
    this.sync(sku);
    this.#context.recordWrite(sku, this.available(sku));
  }

  /** A person sets what buyers see. */
  setShown(sku: string, units: number): void {
    this.#inputs.set(sku, units + this.reserved(sku));
    this.#shelf.setShown(sku, units);
  }

  /** To be called after every order, cancel and shipment of a SKU. */
  sync(sku: string): void {
    if (this.#held.has(sku)) return;
    this.#shelf.setShown(sku, Math.max(0, this.input(sku) - this.reserved(sku)));
  }

  /** US cents. */
  price(sku: string): number {
    return this.#prices.get(sku) ?? this.#context.skuByCode(sku)?.priceMinor ?? 0;
  }

  setPrice(sku: string, minor: number): void {
    this.#prices.set(sku, minor);
    this.#context.changed();
  }

  isHeld(sku: string): boolean {
    return this.#held.has(sku);
  }

  held(): readonly string[] {
    return [...this.#held];
  }

  /** The seller sends an item's stock to Walmart's own centres (WFS). */
  hold(sku: string): boolean {
    if (!this.#context.skuByCode(sku)) return false;
    this.#held.add(sku);
    this.#context.changed();
    return true;
  }

  snapshot(): SavedStock {
    return {
      inputs: [...this.#inputs],
      prices: [...this.#prices],
      held: this.held(),
    };
  }

  /** After the shelf's own restore. */
  restore(saved: SavedStock): void {
    for (const [sku, units] of saved.inputs)
      if (this.#inputs.has(sku)) this.#inputs.set(sku, units);
    for (const [sku, minor] of saved.prices) this.#prices.set(sku, minor);
    for (const sku of saved.held) this.#held.add(sku);
  }
}
