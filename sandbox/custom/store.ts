import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import { Shelf, type ShelfOrder } from "../shelf.ts";
import { demoPowers, demoServer, keyOfSku } from "./demo.ts";

const stateNames = ["active", "inactive", "ended", "suppressed"] as const;
export type ArticleState = (typeof stateNames)[number];

/** What the server keeps about an article beside its number. */
const articleShape = z.object({
  priceMinor: z.number().optional(),
  state: z.enum(stateNames).optional(),
  held: z.boolean().optional(),
  /** Newest versions taken, by what was written. */
  quantityVersion: z.number().optional(),
  priceVersion: z.number().optional(),
  stateVersion: z.number().optional(),
});
export type Article = z.infer<typeof articleShape>;

const parcelShape = z.object({ orderId: z.string(), content: z.string() });
const savedShape = z.object({
  shelf: z.unknown(),
  articles: z.array(z.tuple([z.string(), articleShape])),
  parcels: z.array(z.tuple([z.string(), parcelShape])),
  webhook: z.object({ url: z.string(), secret: z.string(), types: z.array(z.string()) }).nullable(),
  setup: z.object({ powers: z.array(z.string()), batch: z.number(), hintsOnly: z.boolean() }),
});
type Saved = z.infer<typeof savedShape>;

/** The server's whole memory. */
export class Store {
  readonly shelf: Shelf;
  /** Only what differs from the catalogue. */
  readonly #articles = new Map<string, Article>();
  readonly #byKey = new Map<string, DemoSku>();
  /** Parcels by the caller's id, to know a repeat. */
  readonly parcels = new Map<string, z.infer<typeof parcelShape>>();
  webhook: Saved["webhook"] = null;
  /** What a person at the server can set. */
  setup: Saved["setup"] = { powers: [...demoPowers], batch: demoServer.batch, hintsOnly: false };
  readonly #context: SandboxContext;

  constructor(context: SandboxContext, announce: (order: ShelfOrder) => void) {
    this.#context = context;
    this.shelf = new Shelf(context, { orderId: (serial) => `C-${String(serial)}`, announce });
    for (const sku of context.catalogue.skus) this.#byKey.set(keyOfSku(sku), sku);
  }

  skuOf(key: string): DemoSku | undefined {
    return this.#byKey.get(key);
  }

  article(sku: DemoSku): Article {
    return this.#articles.get(sku.code) ?? {};
  }

  change(sku: DemoSku, change: Article): void {
    this.#articles.set(sku.code, { ...this.article(sku), ...change });
    this.#context.changed();
  }

  state(sku: DemoSku): ArticleState {
    return this.article(sku).state ?? "active";
  }

  priceMinor(sku: DemoSku): number {
    return this.article(sku).priceMinor ?? sku.priceMinor;
  }

  quantity(sku: DemoSku): number {
    return this.shelf.shown(sku.code) ?? 0;
  }

  snapshot(): Saved {
    return {
      shelf: this.shelf.snapshot(),
      articles: [...this.#articles],
      parcels: [...this.parcels],
      webhook: this.webhook,
      setup: this.setup,
    };
  }

  restore(snapshot: unknown): void {
    const saved = savedShape.parse(snapshot);
    this.shelf.restore(saved.shelf);
    for (const [code, article] of saved.articles) this.#articles.set(code, article);
    for (const [id, parcel] of saved.parcels) this.parcels.set(id, parcel);
    this.webhook = saved.webhook;
    this.setup = saved.setup;
  }
}

/** "19.99" */
export function decimal(minor: number): string {
  return (minor / 100).toFixed(2);
}
