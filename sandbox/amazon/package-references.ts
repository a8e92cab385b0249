import { z } from "zod";
import type { ShelfOrder } from "../shelf.ts";

export const savedReferencesShape = z.array(z.tuple([z.string(), z.array(z.string())]));

/** The seller's number of each parcel, beside the parcels on the shelf and in their order. */
export class PackageReferences {
  readonly #references = new Map<string, string[]>();

  of(orderId: string): readonly string[] {
    return this.#references.get(orderId) ?? [];
  }

  add(orderId: string, reference: string): void {
    this.#references.set(orderId, [...this.of(orderId), reference]);
  }

  /** specs/amazon/models/orders_2026-01-01.json, OrderPackage. */
  wire(order: ShelfOrder): unknown {
    return order.parcels.map(({ carrier, trackingNumber, lines }, index) => ({
      packageReferenceId: this.of(order.orderId)[index] ?? String(index + 1),
      carrier,
      trackingNumber,
      packageStatus: { status: "SHIPPED" },
      packageItems: lines.map(({ lineId, quantity }) => ({ orderItemId: lineId, quantity })),
    }));
  }

  snapshot(): z.infer<typeof savedReferencesShape> {
    return [...this.#references];
  }

  restore(saved: z.infer<typeof savedReferencesShape>): void {
    for (const [orderId, references] of saved) this.#references.set(orderId, references);
  }
}
