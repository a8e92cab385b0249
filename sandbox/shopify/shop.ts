import type { SandboxContext } from "../context.ts";
import { createShopAccess, type AccessSnapshot } from "./access.ts";
import { createBulkOperations, type BulkSnapshot } from "./bulk-operations.ts";
import { createShopEvents, resumeLevels } from "./events.ts";
import { adminSchema, createGraphqlEndpoint } from "./graphql-endpoint.ts";
import { createIdempotencyMemory, type IdempotencySnapshot } from "./idempotency.ts";
import { createOrderBook, type OrdersSnapshot } from "./orders.ts";
import { createRootFields } from "./root-fields.ts";
import { createShopCatalogue, type CatalogueSnapshot } from "./shop-catalogue.ts";
import { createStaff } from "./staff.ts";
import { createStock, type StockSnapshot } from "./stock.ts";

export interface ShopSnapshot {
  readonly stock: StockSnapshot;
  readonly orders: OrdersSnapshot;
  readonly access: AccessSnapshot;
  readonly idempotency: IdempotencySnapshot;
  readonly pendingLevels: readonly string[];
  readonly catalogue?: CatalogueSnapshot;
  readonly bulk?: BulkSnapshot;
}

/** One shop with its parts put together: what it has, what it sells, and how apps and staff get at it. */
export function createShop(context: SandboxContext) {
  const events = createShopEvents(context);
  const stock = createStock(context.catalogue, context.now, (level) => {
    events.levelChanged(level);
    context.changed();
  });
  const catalogue = createShopCatalogue(context.changed);
  const orders = createOrderBook({
    stock,
    now: context.now,
    isOnSale: (item) => catalogue.isOnSale(item),
    isTracked: (item) => catalogue.traitsOf(item).tracked,
    observer: events.orders,
  });
  const world = { context, stock, orders, catalogue };
  const access = createShopAccess(context);
  const idempotency = createIdempotencyMemory();
  const bulk = createBulkOperations({
    context,
    schema: adminSchema,
    rootValue: () => rootFields,
    tell: events.tell,
  });
  const rootFields = createRootFields(world, idempotency, bulk);
  return {
    ...{ stock, orders, catalogue, access, bulk },
    graphql: createGraphqlEndpoint({ context, access, rootFields }),
    staff: createStaff(world, events),
    snapshot: (): ShopSnapshot => ({
      stock: stock.snapshot(),
      orders: orders.snapshot(),
      access: access.snapshot(),
      idempotency: idempotency.snapshot(),
      pendingLevels: events.pendingLevels(),
      catalogue: catalogue.snapshot(),
      bulk: bulk.snapshot(),
    }),
    restore(saved: ShopSnapshot): void {
      stock.restore(saved.stock);
      orders.restore(saved.orders);
      access.restore(saved.access);
      idempotency.restore(saved.idempotency);
      catalogue.restore(saved.catalogue);
      bulk.restore(saved.bulk);
      resumeLevels(events, stock, saved.pendingLevels);
    },
  };
}
