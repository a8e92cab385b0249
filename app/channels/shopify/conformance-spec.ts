import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  buildClientSchema,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  Kind,
  NoDeprecatedCustomRule,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  type GraphQLSchema,
  type IntrospectionQuery,
  type OperationDefinitionNode,
} from "graphql";
import { z } from "zod";
import type { Exchange, ExchangeCheck } from "#tests/conformance/rig.ts";
import { shopifyApiVersion } from "./config.ts";

// Tests only. Shopify's published schema and samples are reference material beside the repository, not part of it.
const specs = new URL("../../../../shared/specs/shopify/", import.meta.url);
const schemaFile = new URL(`admin_${shopifyApiVersion}.json.gz`, specs);
const samplesFolder = new URL("webhook-samples/", specs);

/** Shopify's published Admin schema; null where it is not there. */
export function publishedSchema(): GraphQLSchema | null {
  if (!existsSync(schemaFile)) return null;
  const text = gunzipSync(readFileSync(schemaFile)).toString("utf8");
  const { data } = JSON.parse(text) as { data: IntrospectionQuery };
  return buildClientSchema(data);
}

/** Checks every call that leaves the client; null where the schema is not there. */
export function shopifySpec(): ExchangeCheck | null {
  const schema = publishedSchema();
  if (!schema) return null;
  const checked = new Map<string, readonly string[]>();
  return (exchange) => {
    const { pathname } = new URL(exchange.url);
    if (pathname.endsWith("/graphql.json")) return checkGraphql(schema, checked, exchange);
    if (pathname.endsWith("/admin/oauth/access_token")) return checkTokenCall(exchange);
    if (exchange.method === "GET") return checkFileCall(exchange);
    return ["this call has no place at Shopify"];
  };
}

const graphqlBody = z.strictObject({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()),
});

function checkGraphql(
  schema: GraphQLSchema,
  checked: Map<string, readonly string[]>,
  exchange: Exchange,
): readonly string[] {
  const problems: string[] = [];
  if (!exchange.url.includes(`/admin/api/${shopifyApiVersion}/`)) problems.push("another version");
  if (exchange.method !== "POST") problems.push("GraphQL is posted");
  if (!exchange.headers["x-shopify-access-token"]) problems.push("no access token");
  const body = graphqlBody.safeParse(JSON.parse(exchange.body ?? "null"));
  if (!body.success) return [...problems, z.prettifyError(body.error)];
  const { query, variables } = body.data;
  const known = checked.get(query) ?? checkDocument(schema, query);
  checked.set(query, known);
  problems.push(...known);
  if (known.length === 0) problems.push(...checkVariables(schema, query, variables));
  return problems;
}

/** Fits the schema, uses nothing that is on its way out, and says once what it must not do twice. */
function checkDocument(schema: GraphQLSchema, text: string): readonly string[] {
  try {
    const document = parse(text);
    const rules = [...specifiedRules, NoDeprecatedCustomRule];
    const errors = validate(schema, document, rules).map(({ message }) => message);
    const operation = getOperationAST(document);
    return operation ? [...errors, ...missingKeys(operation)] : [...errors, "no operation"];
  } catch (error) {
    if (error instanceof GraphQLError) return [error.message];
    throw error;
  }
}

/** Mutations that must carry `@idempotent` at run time, whatever the schema says (shopify.md 0.1). */
const idempotentMutations = new Set(["inventoryAdjustQuantities", "inventorySetQuantities"]);

function missingKeys(operation: OperationDefinitionNode): string[] {
  if (operation.operation !== OperationTypeNode.MUTATION) return [];
  return operation.selectionSet.selections.flatMap((field) => {
    if (field.kind !== Kind.FIELD || !idempotentMutations.has(field.name.value)) return [];
    const isKeyed = field.directives?.some(({ name }) => name.value === "idempotent");
    return isKeyed ? [] : [`${field.name.value} without @idempotent`];
  });
}

/** Elements of one input list (shopify.md 3.8). */
const elementsMax = 250;

function checkVariables(
  schema: GraphQLSchema,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): readonly string[] {
  const operation = getOperationAST(parse(query));
  const { errors } = getVariableValues(schema, operation?.variableDefinitions ?? [], variables);
  const problems = (errors ?? []).map(({ message }) => message);
  if (longestList(variables) > elementsMax) problems.push("more than 250 elements in a list");
  for (const change of elementsWithLevels(variables)) {
    if (!("changeFromQuantity" in change)) problems.push("a quantity without changeFromQuantity");
  }
  // A bulk query travels as text and is as good as any other.
  const bulk = /bulkOperationRunQuery/.test(query) ? variables["query"] : undefined;
  return typeof bulk === "string" ? [...problems, ...checkDocument(schema, bulk)] : problems;
}

function longestList(value: unknown): number {
  if (Array.isArray(value)) return Math.max(value.length, ...value.map(longestList));
  if (typeof value !== "object" || value === null) return 0;
  return Math.max(0, ...Object.values(value).map(longestList));
}

function elementsWithLevels(variables: Readonly<Record<string, unknown>>): readonly object[] {
  const input = z
    .object({ changes: z.array(z.looseObject({})), quantities: z.array(z.looseObject({})) })
    .partial()
    .safeParse(variables["input"]);
  return [...(input.data?.changes ?? []), ...(input.data?.quantities ?? [])];
}

const refreshBody = z.strictObject({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  grant_type: z.literal("refresh_token"),
  refresh_token: z.string().min(1),
});

function checkTokenCall({ method, body, headers }: Exchange): readonly string[] {
  const parsed = refreshBody.safeParse(JSON.parse(body ?? "null"));
  return [
    ...(method === "POST" ? [] : ["a token is asked for by POST"]),
    ...(headers["content-type"] === "application/json" ? [] : ["not sent as JSON"]),
    ...(parsed.success ? [] : [z.prettifyError(parsed.error)]),
  ];
}

/** The storage is not the shop: what opens the shop must not get there. */
function checkFileCall({ headers }: Exchange): readonly string[] {
  const secrets = ["x-shopify-access-token", "authorization"].filter((name) => headers[name]);
  return [
    ...secrets.map((name) => `${name} leaves for the storage`),
    ...(/^bytes=\d+-\d+$/.test(headers["range"] ?? "") ? [] : ["the whole file is asked for"]),
  ];
}

export interface WebhookSample {
  readonly topic: string;
  readonly payload: string;
}

/** Samples that are no webhook of ours: a REST body, and what Flow sends. */
const otherSamples = new Set(["flow_action_run.json", "fulfillment_order.rest.json"]);

/** Shopify's own bodies by topic; empty where they are not there. */
export function webhookSamples(): readonly WebhookSample[] {
  if (!existsSync(samplesFolder)) return [];
  return readdirSync(samplesFolder)
    .filter((name) => name.endsWith(".json") && !otherSamples.has(name))
    .map((name) => ({
      topic: topicOf(name),
      payload: readFileSync(new URL(name, samplesFolder), "utf8"),
    }));
}

/** "inventory_levels_update.json" → "inventory_levels/update"; what stands before the verb may hold more of them. */
function topicOf(name: string): string {
  const bare = name.replace(/(\.minimal)?\.json$/, "");
  const known =
    /^(customers|app|inventory_levels|inventory_items|bulk_operations|draft_orders|[a-z]+)_(.+)$/;
  return bare.replace(known, "$1/$2");
}

/** Every topic Shopify has; empty where the list is not there. */
export function publishedTopics(): ReadonlySet<string> {
  const file = new URL("webhook-topics_2026-10.json", specs);
  if (!existsSync(file)) return new Set();
  const rows = JSON.parse(readFileSync(file, "utf8")) as { topic: string | null }[];
  return new Set(rows.flatMap(({ topic }) => topic ?? []));
}
