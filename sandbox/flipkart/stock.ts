import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import { mainLocation, otherLocation } from "./demo.ts";

export const profiles = ["NON_FBF", "FBF", "FBF_LITE"] as const;
export type Profile = (typeof profiles)[number];
export type LocationStatus = "ENABLED" | "DISABLED";

/** What a seller has set for one listing, and what lies where. */
export interface ListingState {
  readonly inventory: Record<string, number>;
  readonly status: Record<string, LocationStatus>;
  profile: Profile;
  listingStatus: "ACTIVE" | "INACTIVE";
  /** Whole rupees. */
  mrp: number;
  sellingPrice: number;
}

const savedShape = z.array(
  z.tuple([
    z.string(),
    z.object({
      inventory: z.record(z.string(), z.number()),
      status: z.record(z.string(), z.enum(["ENABLED", "DISABLED"])),
      profile: z.enum(profiles),
      listingStatus: z.enum(["ACTIVE", "INACTIVE"]),
      mrp: z.number(),
      sellingPrice: z.number(),
    }),
  ]),
);

const paisePerRupee = 100;
/** What the label of the demo's goods says above their price. */
const mrpAboveRupees = 100;

/** The listings' numbers per location, prices and states; only those that differ from the catalogue are kept. */
export class Stock {
  readonly #context: SandboxContext;
  readonly #changed = new Map<string, ListingState>();

  constructor(context: SandboxContext) {
    this.#context = context;
  }

  /** Null: no listing of this SKU. Not to be changed; `change` does that. */
  of(sku: string): Readonly<ListingState> | null {
    const known = this.#context.skuByCode(sku);
    if (!known) return null;
    return this.#changed.get(sku) ?? initialState(known);
  }

  change(sku: string, change: (state: ListingState) => void): void {
    const state = this.of(sku);
    if (!state) return;
    change(state);
    this.#changed.set(sku, state);
    this.#context.changed();
  }

  /** What buyers can buy: from every enabled location of a listing that is on sale. */
  shown(sku: string): number | null {
    const state = this.of(sku);
    if (!state) return null;
    return Object.keys(state.inventory).reduce((sum, id) => sum + buyable(state, id), 0);
  }

  /** Flipkart picks the location of an order: the first that has all of it. @returns null when none has */
  pick(sku: string, quantity: number, wanted?: string): string | null {
    const state = this.of(sku);
    if (!state) return null;
    const ids = wanted === undefined ? Object.keys(state.inventory) : [wanted];
    return ids.find((id) => buyable(state, id) >= quantity) ?? null;
  }

  /** Takes units from a location (or gives them back where negative). */
  take(sku: string, locationId: string, units: number): void {
    this.change(sku, ({ inventory }) => {
      inventory[locationId] = (inventory[locationId] ?? 0) - units;
    });
  }

  snapshot(): unknown {
    return [...this.#changed];
  }

  restore(saved: unknown): void {
    for (const [sku, state] of savedShape.parse(saved)) {
      if (this.#context.skuByCode(sku)) this.#changed.set(sku, state);
    }
  }
}

function buyable(state: Readonly<ListingState>, id: string): number {
  const on = state.listingStatus === "ACTIVE" && state.status[id] === "ENABLED";
  return on ? (state.inventory[id] ?? 0) : 0;
}

function initialState(sku: DemoSku): ListingState {
  const units = Object.values(sku.stockByLocation).reduce((sum, part) => sum + part, 0);
  const sellingPrice = sku.priceMinor / paisePerRupee;
  return {
    inventory: { [mainLocation]: units, [otherLocation]: 0 },
    status: { [mainLocation]: "ENABLED", [otherLocation]: "ENABLED" },
    profile: "NON_FBF",
    listingStatus: "ACTIVE",
    mrp: sellingPrice + mrpAboveRupees,
    sellingPrice,
  };
}
