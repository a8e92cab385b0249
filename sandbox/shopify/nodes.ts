import type { SandboxContext } from "../context.ts";
import { grantedScopes } from "./access.ts";
import { currentQuantity, type OrderBook, type ShopOrder } from "./orders.ts";
import { page, type PageArguments } from "./pages.ts";
import { money, orderIds, utcTime } from "./payloads.ts";
import { numberOf, sellable, type ShopStock, type StockItem, type StockLevel } from "./stock.ts";

/** What the graph is drawn from. */
export interface ShopWorld {
  readonly context: SandboxContext;
  readonly stock: ShopStock;
  readonly orders: OrderBook;
}

export const appNode = {
  __typename: "App",
  id: "gid://shopify/App/1",
  title: "Lockstep",
  handle: "lockstep",
};

const scopes = grantedScopes.map((handle) => ({ handle }));
export const installationNode = {
  __typename: "AppInstallation",
  id: "gid://shopify/AppInstallation/1",
  app: appNode,
  accessScopes: scopes,
};

/** The shop's objects as GraphQL answers them: plain fields, and functions for what costs or recurs. */
export class GraphNodes {
  readonly #world: ShopWorld;

  constructor(world: ShopWorld) {
    this.#world = world;
  }

  shopNode() {
    return {
      __typename: "Shop",
      id: "gid://shopify/Shop/1",
      name: "Demo shop",
      myshopifyDomain: this.#world.context.catalogue.shop,
      currencyCode: "USD",
      ianaTimezone: "America/New_York",
    };
  }

  locationNode(gid: string) {
    const location = this.#world.context.catalogue.locations.find((known) => known.gid === gid);
    return location
      ? {
          __typename: "Location",
          id: gid,
          legacyResourceId: numberOf(gid),
          name: location.name,
          isActive: true,
          fulfillsOnlineOrders: true,
          shipsInventory: true,
          isFulfillmentService: false,
        }
      : null;
  }

  levelNode(level: StockLevel) {
    return {
      __typename: "InventoryLevel",
      id: level.gid,
      isActive: true,
      updatedAt: utcTime(level.updatedAtMs),
      item: () => this.itemNode(level.item),
      location: () => this.locationNode(level.locationGid),
      quantities: ({ names }: { names: readonly string[] }) =>
        names.flatMap((name) => quantityNode(level, name) ?? []),
    };
  }

  itemNode(item: StockItem) {
    return {
      __typename: "InventoryItem",
      id: item.gid,
      legacyResourceId: numberOf(item.gid),
      sku: item.sku.code,
      tracked: true,
      requiresShipping: true,
      updatedAt: () => utcTime(Math.max(...item.levels.map((level) => level.updatedAtMs))),
      inventoryLevel: ({ locationId }: { locationId: string }) => {
        const level = this.#world.stock.levelAt(item.gid, locationId);
        return level ? this.levelNode(level) : null;
      },
      inventoryLevels: (wanted: PageArguments) =>
        page(item.levels, wanted, { node: (one) => this.levelNode(one) }),
      variants: (wanted: PageArguments) =>
        page([item], wanted, { node: (one) => this.variantNode(one) }),
    };
  }

  variantNode(item: StockItem): Record<string, unknown> {
    const { sku, product } = item;
    return {
      __typename: "ProductVariant",
      id: sku.shopify.variantGid,
      legacyResourceId: sku.shopify.variantId,
      sku: sku.code,
      title: sku.title.split(" / ").at(-1) ?? sku.title,
      displayName: sku.title.replace(" / ", " - "),
      price: money(sku.priceMinor),
      inventoryQuantity: () => sellable(item),
      inventoryItem: () => this.itemNode(item),
      product: {
        __typename: "Product",
        id: product.gid,
        legacyResourceId: numberOf(product.gid),
        title: product.title,
      },
    };
  }

  lineNode(order: ShopOrder) {
    const { sku, product } = order.item;
    const left = currentQuantity(order);
    return {
      __typename: "LineItem",
      id: `gid://shopify/LineItem/${String(orderIds(order).lineId)}`,
      sku: sku.code,
      name: sku.title,
      title: product.title,
      quantity: order.quantity,
      currentQuantity: left,
      unfulfilledQuantity: left,
      refundableQuantity: left,
      isGiftCard: false,
      requiresShipping: true,
      variant: () => this.variantNode(order.item),
    };
  }

  fulfillmentOrderNode(order: ShopOrder) {
    const ids = orderIds(order);
    const left = currentQuantity(order);
    return {
      __typename: "FulfillmentOrder",
      id: `gid://shopify/FulfillmentOrder/${String(ids.fulfillmentOrderId)}`,
      status: left > 0 ? "OPEN" : "CLOSED",
      assignedLocation: () => {
        const location = this.locationNode(order.level.locationGid);
        return { name: location?.name ?? "", location };
      },
      lineItems: (wanted: PageArguments) =>
        page([order], wanted, {
          node: () => ({
            __typename: "FulfillmentOrderLineItem",
            id: `gid://shopify/FulfillmentOrderLineItem/${String(ids.fulfillmentOrderLineId)}`,
            inventoryItemId: order.item.gid,
            totalQuantity: left,
            remainingQuantity: left,
            lineItem: () => this.lineNode(order),
          }),
        }),
    };
  }

  refundNode(order: ShopOrder) {
    const { refundId } = orderIds(order);
    return {
      __typename: "Refund",
      id: `gid://shopify/Refund/${String(refundId)}`,
      legacyResourceId: String(refundId),
      createdAt: utcTime(order.updatedAtMs),
      refundLineItems: (wanted: PageArguments) =>
        page([order], wanted, {
          node: () => ({
            quantity: order.quantity,
            restocked: true,
            restockType: "CANCEL",
            lineItem: () => this.lineNode(order),
            location: () => this.locationNode(order.level.locationGid),
          }),
        }),
    };
  }

  orderNode(order: ShopOrder) {
    const ids = orderIds(order);
    const cancelledAt = order.cancelledAtMs === null ? null : utcTime(order.cancelledAtMs);
    return {
      __typename: "Order",
      id: ids.orderGid,
      legacyResourceId: order.orderId,
      name: ids.name,
      test: false,
      sourceName: "web",
      createdAt: utcTime(order.placedAtMs),
      processedAt: utcTime(order.placedAtMs),
      updatedAt: utcTime(order.updatedAtMs),
      cancelledAt,
      closedAt: cancelledAt,
      cancelReason: cancelledAt === null ? null : "CUSTOMER",
      retailLocation: null,
      refunds: () => (order.cancelledAtMs === null ? [] : [this.refundNode(order)]),
      lineItems: (wanted: PageArguments) =>
        page([order], wanted, { node: (one) => this.lineNode(one) }),
      fulfillmentOrders: (wanted: PageArguments) =>
        page([order], wanted, { node: (one) => this.fulfillmentOrderNode(one) }),
    };
  }

  /** Any object by its gid; null when there is none. */
  node(id: string): object | null {
    const kind = /^gid:\/\/shopify\/(\w+)\//.exec(id)?.[1];
    const item =
      kind === "ProductVariant" ? this.#world.stock.itemOfVariant(id) : this.#world.stock.item(id);
    if (kind === "ProductVariant") return item ? this.variantNode(item) : null;
    if (kind === "InventoryItem") return item ? this.itemNode(item) : null;
    const level = this.#world.stock.level(id);
    if (kind === "InventoryLevel") return level ? this.levelNode(level) : null;
    const order = this.#world.orders.find(numberOf(id));
    if (kind === "Order") return order ? this.orderNode(order) : null;
    return kind === "Location" ? this.locationNode(id) : null;
  }
}

/** Zero for the states the sandbox does not use; nothing for a name Shopify does not know. */
function quantityNode(level: StockLevel, name: string) {
  const quantity = quantityOf(level, name);
  if (quantity === null) return null;
  const parent = numberOf(level.gid);
  return {
    __typename: "InventoryQuantity",
    id: `gid://shopify/InventoryQuantity/${parent}?inventory_item_id=${numberOf(level.item.gid)}&name=${name}`,
    name,
    quantity,
    updatedAt: utcTime(level.updatedAtMs),
  };
}

const unusedStates = [
  "reserved",
  "incoming",
  "damaged",
  "quality_control",
  "safety_stock",
] as const;

function quantityOf(level: StockLevel, name: string): number | null {
  if (name === "available") return level.available;
  if (name === "committed") return level.committed;
  if (name === "on_hand") return level.available + level.committed;
  return unusedStates.some((state) => state === name) ? 0 : null;
}
