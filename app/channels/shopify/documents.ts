/** The GraphQL documents sent to shops; valid on 2026-07 and 2026-10 (shopify.md 2). */

/** 10 points whatever the number of changes (a mutation's fixed price). */
export const mutationCostPoints = 10;

export const adjustMutation = `mutation LockstepAdjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    userErrors { code field message }
  }
}`;

export const setMutation = `mutation LockstepSet($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    userErrors { code field message }
  }
}`;

/** Where a variant keeps the publications it was taken off: an app-owned metafield (shopify.md 3.7). */
const endedField = `ended: metafield(namespace: "$app:lockstep", key: "ended") { value }`;
const offerFields = `id price product { id status } ${endedField}`;

/**
 * The level of each item, and the offer of each listing's variant (of its item's first one, where it names none):
 * item, level and quantity; item, variant, product and metafield. 7 points for each listing, and the shop.
 */
export const levelsQuery = `query LockstepLevels($ids: [ID!]!, $offerIds: [ID!]!, $locationId: ID!) {
  shop { currencyCode }
  nodes(ids: $ids) {
    ... on InventoryItem {
      id
      inventoryLevel(locationId: $locationId) {
        quantities(names: ["available"]) { name quantity updatedAt }
      }
    }
  }
  offers: nodes(ids: $offerIds) {
    ... on ProductVariant { ${offerFields} }
    ... on InventoryItem { variants(first: 1) { nodes { ${offerFields} } } }
  }
}`;
export const levelCostPoints = 7;
export const shopCostPoints = 1;

/** Which variant of which product each id is: at most 3 points for each id, and the shop. */
export const variantsQuery = `query LockstepVariants($ids: [ID!]!) {
  shop { currencyCode }
  nodes(ids: $ids) {
    ... on ProductVariant { id product { id } }
    ... on InventoryItem { id variants(first: 1) { nodes { id product { id } } } }
  }
}`;
export const variantCostPoints = 3;

export const priceMutation = `mutation LockstepPrices($productId: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $productId, variants: $variants, allowPartialUpdates: true) {
    userErrors { code field message }
  }
}`;

const publishedField = `resourcePublicationsV2(first: 30, onlyPublished: true) {
        nodes { publication { id } }
      }`;

/** Where a variant and its product are published: both, a metafield, and up to 30 publications each, priced as 14. */
export const publishedQuery = `query LockstepPublished($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on ProductVariant {
      id
      ${endedField}
      ${publishedField}
      product { ${publishedField} }
    }
  }
}`;
export const publishedCostPoints = 31;

/** The shop's own sales channels: 50 publications with their channels. */
export const publicationsQuery = `query LockstepPublications {
  publications(first: 50) { nodes { id channels(first: 5) { nodes { handle } } } }
}`;
export const publicationsCostPoints = 60;

export const publishMutation = `mutation LockstepPublish($id: ID!, $input: [PublicationInput!]!) {
  publishablePublish(id: $id, input: $input) { userErrors { field message } }
}`;

export const unpublishMutation = `mutation LockstepUnpublish($id: ID!, $input: [PublicationInput!]!) {
  publishableUnpublish(id: $id, input: $input) { userErrors { field message } }
}`;

export const rememberMutation = `mutation LockstepRemember($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { userErrors { code field message elementIndex } }
}`;

export const forgetMutation = `mutation LockstepForget($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) { userErrors { field message } }
}`;

/** The shop's currency and a page of its locations. */
export const locationsQuery = `query LockstepLocations($after: String) {
  shop { currencyCode }
  locations(first: 250, after: $after, includeLegacy: true) {
    nodes { id name isFulfillmentService }
    pageInfo { hasNextPage endCursor }
  }
}`;
export const locationsCostPoints = 40;

/** Grouping off: faster, and the order of lines does not matter to us (shopify.md 3.6). */
export const startBulkMutation = `mutation LockstepStartBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id }
    userErrors { code field message }
  }
}`;

export const bulkQuery = `query LockstepBulk($id: ID!) {
  bulkOperation(id: $id) { id status errorCode url }
}`;
export const bulkCostPoints = 2;

/**
 * The bulk query of the catalogue at these locations. Every line is one variant with all that is wanted of it: its
 * product, and its level at each location under the location's place in the list. No line waits for another, so the
 * file can be read in pieces, in any order.
 */
export function catalogueQuery(locationIds: readonly string[]): string {
  const levels = locationIds.map(
    (id, index) =>
      `l${index}: inventoryLevel(locationId: ${JSON.stringify(id)}) {
            quantities(names: ["available"]) { name quantity }
          }`,
  );
  return `{
  productVariants {
    edges {
      node {
        id sku barcode title price requiresComponents
        ${endedField}
        product { id title status onlineStoreUrl }
        inventoryItem {
          id tracked
          ${levels.join("\n          ")}
        }
      }
    }
  }
}`;
}

const lineFields = `nodes {
      id sku quantity currentQuantity unfulfilledQuantity isGiftCard
      variant { id inventoryItem { tracked } }
    }
    pageInfo { hasNextPage endCursor }`;

const orderFields = `id createdAt updatedAt cancelledAt test
  retailLocation { id }
  lineItems(first: 20) { ${lineFields} }`;

/** An order with the lines fetched with it: 2 + 20 × 3, rounded up. A page of ten stays below 1,000 points. */
export const orderCostPoints = 64;
export const ordersPageSizeMax = 10;

export const ordersQuery = `query LockstepOrders($first: Int!, $after: String, $query: String!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { ${orderFields} }
    pageInfo { hasNextPage endCursor }
  }
}`;

export const orderNodesQuery = `query LockstepOrderNodes($ids: [ID!]!) {
  nodes(ids: $ids) { ... on Order { ${orderFields} } }
}`;

/** The lines beyond the first 20 of one order. */
export const linesPageSizeMax = 250;
export const linesCostPoints = 750;
export const orderLinesQuery = `query LockstepOrderLines($id: ID!, $first: Int!, $after: String) {
  node(id: $id) {
    ... on Order { lineItems(first: $first, after: $after) { ${lineFields} } }
  }
}`;

/**
 * What was refunded of one order: refunds × (1 + lines × 2) points. Few are looked at first, more where an order has
 * more: 105 points, then 820.
 */
export const refundSizes = [
  { refunds: 5, lines: 10 },
  { refunds: 20, lines: 20 },
] as const;
export const refundsQuery = `query LockstepRefunds($id: ID!, $refunds: Int!, $lines: Int!) {
  node(id: $id) {
    ... on Order {
      refunds(first: $refunds) {
        refundLineItems(first: $lines) {
          nodes { quantity restockType lineItem { id } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }
}`;

/** Parcels looked at first, and for an order that has so many; each is 1 + 3 points. */
export const parcelsFirst = 20;
export const parcelsMax = 100;
export const parcelCostPoints = 4;
export const parcelsQuery = `query LockstepParcels($id: ID!, $first: Int!) {
  order(id: $id) {
    id
    fulfillments(first: $first) { id status trackingInfo(first: 3) { number } }
  }
}`;

/** What is in a parcel: 1 + 100 × 2 points each. */
export const parcelLinesMax = 100;
export const parcelLinesCostPoints = 201;
export const parcelLinesQuery = `query LockstepParcelLines($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Fulfillment {
      id
      fulfillmentLineItems(first: 100) { nodes { quantity lineItem { id } } }
    }
  }
}`;

const shippableFields = `nodes { id remainingQuantity lineItem { id } }
      pageInfo { hasNextPage endCursor }`;

/** What is left to send, by location: 3 × (8 + 20 × 2) points. */
export const fulfilmentOrdersCostPoints = 145;
export const fulfilmentOrdersQuery = `query LockstepFulfilmentOrders($id: ID!, $after: String) {
  order(id: $id) {
    id
    fulfillmentOrders(first: 3, after: $after) {
      nodes {
        id status
        supportedActions { action }
        assignedLocation { location { id } }
        lineItems(first: 20) { ${shippableFields} }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/** The lines beyond the first 20 of one fulfilment order: 250 × 2 points. */
export const shippableLinesCostPoints = 501;
export const shippableLinesQuery = `query LockstepShippableLines($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) { lineItems(first: 250, after: $after) { ${shippableFields} } }
}`;

export const fulfilMutation = `mutation LockstepFulfil($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id }
    userErrors { field message }
  }
}`;
