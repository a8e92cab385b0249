import { getDirectiveValues, GraphQLError, type GraphQLResolveInfo } from "graphql";
import type { BulkOperations } from "./bulk-operations.ts";
import type { IdempotencyMemory } from "./idempotency.ts";
import {
  adjustQuantities,
  setQuantities,
  type AdjustInput,
  type AdjustmentGroup,
  type SetInput,
  type WriteOutcome,
} from "./inventory-writes.ts";
import { appNode, GraphNodes, installationNode, type ShopWorld } from "./nodes.ts";
import { searchOrders, type OrderSortName } from "./order-search.ts";
import { page, type PageArguments } from "./pages.ts";
import { utcTime } from "./payloads.ts";
import { createProductFields } from "./product-fields.ts";
import { publications } from "./shop-catalogue.ts";
import type { StockItem } from "./stock.ts";

/** Shopify's bound on every array in an input, and on `nodes(ids)`. */
export const inputElementsMax = 250;

interface OrdersArguments extends PageArguments {
  readonly query?: string | null;
  readonly reverse: boolean;
  readonly sortKey: OrderSortName;
}

/** What the queries and mutations of the schema do; graphql-js calls these with (arguments, _, info). */
export function createRootFields(
  world: ShopWorld,
  memory: IdempotencyMemory,
  bulk: BulkOperations,
) {
  const nodes = new GraphNodes(world);
  return {
    ...queryFields(world, nodes, bulk),
    ...inventoryFields(world, nodes, memory),
    ...createProductFields(world, nodes, bulk),
  };
}

function queryFields(
  { context, stock, orders }: ShopWorld,
  nodes: GraphNodes,
  bulk: BulkOperations,
) {
  const byId = ({ id }: { id: string }) => nodes.node(id);
  const locationGids = context.catalogue.locations.map((location) => location.gid);
  return {
    shop: () => nodes.shopNode(),
    currentAppInstallation: installationNode,
    bulkOperation: ({ id }: { id: string }) => {
      const operation = bulk.find(id);
      return operation ? bulk.node(operation) : null;
    },
    node: byId,
    nodes: ({ ids }: { ids: readonly string[] }) => {
      checkSize(ids);
      return ids.map((id) => nodes.node(id));
    },
    inventoryItem: byId,
    inventoryLevel: byId,
    order: byId,
    fulfillmentOrder: byId,
    productVariant: byId,
    location: ({ id }: { id?: string | null }) => nodes.locationNode(id ?? locationGids[0] ?? ""),
    locations: (wanted: PageArguments) =>
      page(locationGids, wanted, { node: (one) => nodes.locationNode(one) }),
    publications: (wanted: PageArguments) =>
      page(publications, wanted, { node: (one) => nodes.publicationNode(one) }),
    inventoryItems: (wanted: PageArguments) =>
      page(stock.items, wanted, { node: (one) => nodes.itemNode(one) }),
    productVariants: (wanted: PageArguments) =>
      page(stock.items, wanted, { node: (one) => nodes.variantNode(one) }),
    orders: (wanted: OrdersArguments) => {
      const { found, key } = searchOrders(orders.all(), wanted);
      return page(found, wanted, {
        node: (one) => nodes.orders.orderNode(one),
        key,
        descending: wanted.reverse,
      });
    },
  };
}

function inventoryFields(world: ShopWorld, nodes: GraphNodes, memory: IdempotencyMemory) {
  const { context, stock, catalogue } = world;
  const target = {
    stock,
    now: context.now,
    isBundle: (item: StockItem) => catalogue.traitsOf(item).requiresComponents,
    recordWrite: (sku: string, shown: number) => {
      context.recordWrite(sku, shown);
    },
  };
  const run = (info: GraphQLResolveInfo, input: unknown, write: () => WriteOutcome) => {
    const request = [info.fieldName, input];
    return payloadOf(memory.once(keyOf(info), request, write), nodes);
  };
  return {
    inventoryAdjustQuantities: (
      { input }: { input: AdjustInput },
      _: unknown,
      info: GraphQLResolveInfo,
    ) => {
      checkElements(input.changes, "InventoryChangeInput");
      return run(info, input, () => adjustQuantities(target, input));
    },
    inventorySetQuantities: (
      { input }: { input: SetInput },
      _: unknown,
      info: GraphQLResolveInfo,
    ) => {
      checkElements(input.quantities, "InventoryQuantityInput");
      return run(info, input, () => setQuantities(target, input));
    },
  };
}

/** The endpoint has refused mutations without the directive. */
function keyOf(info: GraphQLResolveInfo): string {
  const directive = info.schema.getDirective("idempotent");
  const [field] = info.fieldNodes;
  const values = directive && field && getDirectiveValues(directive, field, info.variableValues);
  const key: unknown = values?.key;
  if (typeof key !== "string" || key === "") {
    throw new GraphQLError("The idempotency key must not be empty.", {
      extensions: { code: "BAD_REQUEST" },
    });
  }
  return key;
}

function payloadOf(outcome: WriteOutcome, nodes: GraphNodes) {
  if (!outcome.done) return { inventoryAdjustmentGroup: null, userErrors: outcome.userErrors };
  return { inventoryAdjustmentGroup: groupNode(outcome.group, nodes), userErrors: [] };
}

interface ChangeFilter {
  readonly inventoryItemIds?: readonly string[] | null;
  readonly locationIds?: readonly string[] | null;
  readonly quantityNames?: readonly string[] | null;
}

function groupNode(group: AdjustmentGroup, nodes: GraphNodes) {
  return {
    __typename: "InventoryAdjustmentGroup",
    id: group.id,
    createdAt: utcTime(group.createdAtMs),
    reason: group.reason,
    referenceDocumentUri: group.referenceDocumentUri,
    app: appNode,
    changes: (wanted: ChangeFilter) =>
      group.changes
        .filter(
          (change) =>
            (wanted.inventoryItemIds?.includes(change.itemGid) ?? true) &&
            (wanted.locationIds?.includes(change.locationGid) ?? true) &&
            (wanted.quantityNames?.includes(change.name) ?? true),
        )
        .map((change) => ({
          name: change.name,
          delta: change.delta,
          quantityAfterChange: change.quantityAfterChange,
          ledgerDocumentUri: null,
          item: () => nodes.node(change.itemGid),
          location: () => nodes.locationNode(change.locationGid),
        })),
  };
}

function checkElements(elements: readonly object[], typeName: string): void {
  checkSize(elements);
  // Optional in the schema and required at run time (shopify.md 0.1): null says "no check" aloud.
  if (elements.every((element) => "changeFromQuantity" in element)) return;
  throw new GraphQLError(`${typeName} must include the following argument: changeFromQuantity.`, {
    extensions: { code: "INVALID_FIELD_ARGUMENTS" },
  });
}

/** @throws GraphQLError for a longer list than Shopify takes */
function checkSize(elements: readonly unknown[]): void {
  if (elements.length <= inputElementsMax) return;
  throw new GraphQLError(
    `The input array size of ${String(elements.length)} is greater than the maximum allowed of ${String(inputElementsMax)}.`,
    { extensions: { code: "MAX_INPUT_SIZE_EXCEEDED" } },
  );
}
