import { GraphQLError } from "graphql";
import type { SandboxContext } from "../context.ts";
import { grantedScopes } from "./access.ts";
import { OrderNodes } from "./order-nodes.ts";
import type { OrderBook } from "./orders.ts";
import { page, type PageArguments } from "./pages.ts";
import { money, utcTime } from "./payloads.ts";
import {
  publications,
  type Publication,
  type ShopCatalogue,
  type StoredMetafield,
} from "./shop-catalogue.ts";
import { partsOfFulfilment, serialOfFulfilmentOrder } from "./shop-order.ts";
import { numberOf, sellable, type ShopStock, type StockItem, type StockLevel } from "./stock.ts";

/** What the graph is drawn from. */
export interface ShopWorld {
  readonly context: SandboxContext;
  readonly stock: ShopStock;
  readonly orders: OrderBook;
  readonly catalogue: ShopCatalogue;
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
  readonly orders: OrderNodes;

  constructor(world: ShopWorld) {
    this.#world = world;
    this.orders = new OrderNodes(this);
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
          isFulfillmentService: this.#world.catalogue.isServiceLocation(gid),
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
      tracked: this.#world.catalogue.traitsOf(item).tracked,
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
    const { sku } = item;
    const { catalogue } = this.#world;
    const gid = sku.shopify.variantGid;
    return {
      __typename: "ProductVariant",
      id: gid,
      legacyResourceId: sku.shopify.variantId,
      sku: sku.code,
      barcode: barcodeOf(sku.shopify.variantId),
      title: sku.title.split(" / ").at(-1) ?? sku.title,
      displayName: sku.title.replace(" / ", " - "),
      price: money(catalogue.priceOf(item)),
      requiresComponents: catalogue.traitsOf(item).requiresComponents,
      inventoryQuantity: () => sellable(item),
      inventoryItem: () => this.itemNode(item),
      product: () => this.productNode(item.product),
      metafield: ({ namespace, key }: { namespace?: string | null; key: string }) => {
        const owner = { ownerGid: gid, namespace: namespace ?? "custom", key };
        const found = catalogue.metafield(owner);
        return found ? metafieldNode(found) : null;
      },
      ...this.#publishing(gid),
    };
  }

  productNode(product: StockItem["product"]): Record<string, unknown> {
    const { catalogue, context } = this.#world;
    const { gid } = product;
    const isListed = publications.some(
      (one) => one.channel.handle === "online_store" && catalogue.isPublished(gid, one.gid),
    );
    const path = `products/${numberOf(gid)}`;
    return {
      __typename: "Product",
      id: gid,
      legacyResourceId: numberOf(gid),
      title: product.title,
      status: catalogue.statusOf(gid),
      hasVariantsThatRequiresComponents: false,
      onlineStoreUrl: isListed ? `https://${context.catalogue.shop}/${path}` : null,
      ...this.#publishing(gid),
    };
  }

  publicationNode(publication: Publication) {
    const { gid, channel } = publication;
    const channelNode = { __typename: "Channel", ...channel, id: channel.gid };
    return {
      __typename: "Publication",
      id: gid,
      autoPublish: true,
      channels: (wanted: PageArguments) => page([channelNode], wanted, { node: (one) => one }),
    };
  }

  /** What products and variants have in common. */
  #publishing(gid: string) {
    const { catalogue } = this.#world;
    const published = () => publications.filter((one) => catalogue.isPublished(gid, one.gid));
    return {
      availablePublicationsCount: () => ({ count: published().length, precision: "EXACT" }),
      publishedOnPublication: ({ publicationId }: { publicationId: string }) =>
        catalogue.isPublished(gid, publicationId),
      resourcePublicationsV2: (wanted: PageArguments) =>
        page(published(), wanted, {
          node: (one) => ({ isPublished: true, publication: this.publicationNode(one) }),
        }),
    };
  }

  /** Any object by its gid; null when there is none. @throws GraphQLError for what is no gid */
  node(id: string): object | null {
    const kind = /^gid:\/\/shopify\/(\w+)\/\d+(\?.*)?$/.exec(id)?.[1];
    if (kind === undefined) throw invalidId(id);
    return this.#finders[kind]?.(id) ?? null;
  }

  readonly #finders: Readonly<Record<string, (id: string) => object | null>> = {
    ProductVariant: (id) =>
      found(this.#world.stock.itemOfVariant(id), (one) => this.variantNode(one)),
    InventoryItem: (id) => found(this.#world.stock.item(id), (one) => this.itemNode(one)),
    Product: (id) => found(this.#world.stock.product(id), (one) => this.productNode(one)),
    InventoryLevel: (id) => found(this.#world.stock.level(id), (one) => this.levelNode(one)),
    Order: (id) =>
      found(this.#world.orders.find(numberOf(id)), (one) => this.orders.orderNode(one)),
    FulfillmentOrder: (id) =>
      found(this.#world.orders.ofSerial(serialOfFulfilmentOrder(id) ?? -1), (one) =>
        this.orders.fulfillmentOrderNode(one),
      ),
    Fulfillment: (id) => {
      const { serial, number } = partsOfFulfilment(id);
      const order = this.#world.orders.ofSerial(serial);
      const fulfilment = order?.fulfilments[number];
      return order && fulfilment ? this.orders.fulfillmentNode(order, fulfilment) : null;
    },
    Location: (id) => this.locationNode(id),
  };
}

function found<Item>(item: Item | undefined, nodeOf: (item: Item) => object): object | null {
  return item === undefined ? null : nodeOf(item);
}

/** As Shopify refuses an id that is none. */
function invalidId(id: string): GraphQLError {
  return new GraphQLError(`Invalid global id '${id}'`, {
    extensions: { code: "INVALID_VARIABLE" },
  });
}

export function metafieldNode(metafield: StoredMetafield) {
  const { ownerGid, namespace, key, type, value } = metafield;
  const id = `gid://shopify/Metafield/${numberOf(ownerGid)}`;
  return { __typename: "Metafield", id, namespace, key, type, value };
}

/** An EAN of a range that no shop sells: 2 and eleven digits with their check digit. */
function barcodeOf(variantId: string): string {
  const digits = `2${variantId.slice(-11).padStart(11, "0")}`;
  const sum = Array.from(digits, Number).reduce(
    (total, digit, index) => total + digit * (index % 2 === 0 ? 1 : 3),
    0,
  );
  return `${digits}${String((10 - (sum % 10)) % 10)}`;
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
