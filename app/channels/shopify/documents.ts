/** The GraphQL documents sent to shops; valid on 2026-07 and 2026-10 (shopify.md 2). */

/** 10 points whatever the number of changes (a mutation's fixed price). */
export const adjustMutation = `mutation LockstepAdjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    userErrors { code field message }
  }
}`;
export const adjustCostPoints = 10;

/** Item, level and one quantity: 3 points for each id. */
export const levelsQuery = `query LockstepLevels($ids: [ID!]!, $locationId: ID!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      id
      inventoryLevel(locationId: $locationId) {
        quantities(names: ["available"]) { name quantity updatedAt }
      }
    }
  }
}`;
export const levelCostPoints = 3;

const lineFields = `nodes {
      id sku quantity currentQuantity unfulfilledQuantity isGiftCard
      variant { id inventoryItem { tracked } }
    }
    pageInfo { hasNextPage endCursor }`;

const orderFields = `id createdAt updatedAt cancelledAt test
  retailLocation { id }
  lineItems(first: 20) { ${lineFields} }`;

/** Page of orders and of the lines fetched with them: 10 × (2 + 20 × 3) stays below 1,000 points. */
export const ordersPageSizeMax = 10;
export const ordersCostPoints = 640;

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

/** What was refunded of one order: 20 × (1 + 20 × 2) points. */
export const refundsCostPoints = 820;
export const refundsQuery = `query LockstepRefunds($id: ID!) {
  node(id: $id) {
    ... on Order {
      refunds(first: 20) {
        refundLineItems(first: 20) { nodes { quantity restockType lineItem { id } } }
      }
    }
  }
}`;
