import { getOperationAST, parse } from "graphql";
import { expect, test } from "vitest";
import { adminSchema } from "./graphql-endpoint.ts";
import { queryCost } from "./query-cost.ts";

function costOf(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error("no operation");
  return queryCost(adminSchema, document, operation, variables);
}

test.each([
  ["an object costs one point, its fields nothing", "{ shop { id name } }", {}, 1],
  [
    "nodes cost as many objects as ids",
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on InventoryItem { inventoryLevel(locationId: "x") {
       quantities(names: ["available"]) { quantity } } } } }`,
    { ids: ["a", "b", "c"] },
    9,
  ],
  [
    "a page of 250 with two objects each costs 24, as reported",
    "{ productVariants(first: 250) { nodes { inventoryItem { id } } pageInfo { hasNextPage } } }",
    {},
    24,
  ],
  [
    "edges cost what nodes cost",
    "{ productVariants(first: 250) { edges { cursor node { inventoryItem { id } } } } }",
    {},
    24,
  ],
  [
    "a mutation costs ten, whatever it returns",
    `mutation ($i: InventoryAdjustQuantitiesInput!) {
       inventoryAdjustQuantities(input: $i) @idempotent(key: "k") {
         inventoryAdjustmentGroup { changes { item { id } } } userErrors { code } } }`,
    {},
    10,
  ],
])("%s", (_name, text, variables, points) => {
  expect(costOf(text, variables)).toBe(points);
});
