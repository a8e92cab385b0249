import { GraphQLError } from "graphql";
import type { BulkOperations } from "./bulk-operations.ts";
import { createFulfilment, type FulfilmentInput } from "./fulfilment-writes.ts";
import { metafieldNode, type GraphNodes, type ShopWorld } from "./nodes.ts";
import {
  setMetafields,
  setPublished,
  updateVariants,
  type MetafieldInput,
  type VariantInput,
} from "./product-writes.ts";
import { sellable, type StockItem } from "./stock.ts";

/** Variants in one productVariantsBulkUpdate (shopify.md 3.2). */
const variantsMax = 250;

interface PublishArguments {
  readonly id: string;
  readonly input: readonly { readonly publicationId?: string | null }[];
}

/** The mutations of products, publications, metafields, fulfilments and bulk queries. */
export function createProductFields(world: ShopWorld, nodes: GraphNodes, bulk: BulkOperations) {
  const { context, stock, catalogue, orders } = world;
  const recordWrite = (item: StockItem) => {
    context.recordWrite(item.sku.code, sellable(item));
  };
  const target = { stock, catalogue, recordWrite };
  const publish = ({ id, input }: PublishArguments, published: boolean) => {
    // An id that is none is refused as everywhere; one of nothing is the mutation's own error.
    const publishable = nodes.node(id);
    const userErrors = setPublished(target, { gid: id, publications: input, published });
    return { publishable: userErrors.length > 0 ? null : publishable, userErrors };
  };
  return {
    productVariantsBulkUpdate: (input: {
      productId: string;
      variants: readonly VariantInput[];
      allowPartialUpdates: boolean;
    }) => {
      if (input.variants.length > variantsMax) throw tooManyVariants(input.variants.length);
      const partial = input.allowPartialUpdates;
      const { items, userErrors } = updateVariants(target, { ...input, partial });
      const product = stock.product(input.productId);
      return {
        product: product ? nodes.productNode(product) : null,
        productVariants: product ? items.map((item) => nodes.variantNode(item)) : null,
        userErrors,
      };
    },
    publishablePublish: (input: PublishArguments) => publish(input, true),
    publishableUnpublish: (input: PublishArguments) => publish(input, false),
    metafieldsSet: ({ metafields }: { metafields: readonly MetafieldInput[] }) => {
      const set = setMetafields(target, metafields);
      return { metafields: set.metafields.map(metafieldNode), userErrors: set.userErrors };
    },
    metafieldsDelete: ({
      metafields,
    }: {
      metafields: readonly { ownerId: string; namespace: string; key: string }[];
    }) => ({
      deletedMetafields: metafields.map((one) =>
        catalogue.deleteMetafield({ ...one, ownerGid: one.ownerId }) ? one : null,
      ),
      userErrors: [],
    }),
    fulfillmentCreate: ({ fulfillment }: { fulfillment: FulfilmentInput }) => {
      const outcome = createFulfilment(orders, fulfillment);
      if (!outcome.done) return { fulfillment: null, userErrors: outcome.userErrors };
      const { order, fulfilment } = outcome;
      recordWrite(order.item);
      return { fulfillment: nodes.orders.fulfillmentNode(order, fulfilment), userErrors: [] };
    },
    bulkOperationRunQuery: ({ query }: { query: string }) => {
      const started = bulk.start(query);
      if ("code" in started) return { bulkOperation: null, userErrors: [started] };
      return { bulkOperation: bulk.node(started), userErrors: [] };
    },
  };
}

function tooManyVariants(count: number): GraphQLError {
  return new GraphQLError(
    `The input array size of ${String(count)} is greater than the maximum allowed of ${String(variantsMax)}.`,
    { extensions: { code: "MAX_INPUT_SIZE_EXCEEDED" } },
  );
}
