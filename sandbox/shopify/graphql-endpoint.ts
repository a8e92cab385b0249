import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import {
  buildSchema,
  executeSync,
  getOperationAST,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  validate,
  type DocumentNode,
} from "graphql";
import { z } from "zod";
import { answerJson, parseJson } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { ShopAccess } from "./access.ts";
import { apiVersion } from "./events.ts";
import { queryCost } from "./query-cost.ts";
import type { createRootFields } from "./root-fields.ts";

/** Points per second and bucket of a shop on the standard plan (shopify.md 3.8). */
export const graphqlLimit = { ratePerSecond: 100, burst: 2_000 } as const;
/** Shopify refuses a dearer single query. */
const queryCostMax = 1_000;
/** Parsed documents kept; an app has a few dozen. */
const documentsMax = 200;

export const adminSchema = buildSchema(
  readFileSync(new URL("./schema.graphql", import.meta.url), "utf8"),
);

const graphqlRequest = z.object({
  query: z.string().min(1),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});

type Checked =
  | { readonly document: DocumentNode; readonly errors?: never }
  | { readonly document?: never; readonly errors: readonly GraphQLError[] };

/** POST /admin/api/<version>/graphql.json. */
export function createGraphqlEndpoint(options: {
  readonly context: SandboxContext;
  readonly access: ShopAccess;
  readonly rootFields: ReturnType<typeof createRootFields>;
}) {
  const { context, access, rootFields } = options;
  const documents = new Map<string, Checked>();

  function checkedDocument(query: string): Checked {
    const known = documents.get(query);
    if (known) return known;
    const checked = checkDocument(query);
    if (documents.size >= documentsMax) documents.clear();
    documents.set(query, checked);
    return checked;
  }

  function run(request: z.infer<typeof graphqlRequest>): Record<string, unknown> {
    const { document, errors } = checkedDocument(request.query);
    if (errors) return { errors };
    const operation = getOperationAST(document, request.operationName);
    if (!operation) return { errors: [new GraphQLError("No operation with this name.")] };
    const variables = request.variables ?? {};
    const cost = queryCost(adminSchema, document, operation, variables);
    if (cost > queryCostMax) return { errors: [tooDear(cost)] };
    const admission = context.limiter.take(context.catalogue.shop, "graphql", graphqlLimit, cost);
    const { rateLimitFactor } = context.faults();
    const extensions = {
      cost: {
        requestedQueryCost: cost,
        actualQueryCost: admission.granted ? cost : null,
        throttleStatus: {
          maximumAvailable: graphqlLimit.burst * rateLimitFactor,
          currentlyAvailable: Math.max(0, Math.floor(admission.tokensLeft)),
          restoreRate: graphqlLimit.ratePerSecond * rateLimitFactor,
        },
      },
    };
    if (!admission.granted) return { errors: [throttled], extensions };
    const result = executeSync({
      schema: adminSchema,
      document,
      rootValue: rootFields,
      variableValues: variables,
      operationName: request.operationName,
    });
    return { ...result, extensions };
  }

  return (request: SandboxRequest, response: ServerResponse): void => {
    if (!access.admits(request.headers["x-shopify-access-token"])) {
      const errors = "[API] Invalid API key or access token (unrecognized login or wrong password)";
      answerJson(response, 401, { errors });
      return;
    }
    const parsed = graphqlRequest.safeParse(parseJson(request.rawBody));
    if (!parsed.success) {
      answerJson(response, 400, { errors: { query: "Required parameter missing or invalid" } });
      return;
    }
    answerJson(response, 200, run(parsed.data), { "x-shopify-api-version": apiVersion });
  };
}

function checkDocument(query: string): Checked {
  try {
    const document = parse(query);
    const errors = [...validate(adminSchema, document), ...missingIdempotency(document)];
    return errors.length > 0 ? { errors } : { document };
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] };
    throw error;
  }
}

/** Mutations that Shopify refuses at run time without the directive (shopify.md 0.1). */
const idempotentMutations = new Set(["inventoryAdjustQuantities", "inventorySetQuantities"]);

function missingIdempotency(document: DocumentNode): GraphQLError[] {
  return document.definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .filter((operation) => operation.operation === OperationTypeNode.MUTATION)
    .flatMap((operation) => operation.selectionSet.selections)
    .filter((field) => field.kind === Kind.FIELD && idempotentMutations.has(field.name.value))
    .filter((field) => !field.directives?.some(({ name }) => name.value === "idempotent"))
    .map(
      (field) =>
        new GraphQLError(
          "The @idempotent directive is required for this mutation but was not provided.",
          { nodes: [field], extensions: { code: "BAD_REQUEST" } },
        ),
    );
}

const throttled = new GraphQLError("Throttled", {
  extensions: {
    code: "THROTTLED",
    documentation: "https://shopify.dev/api/usage/rate-limits",
  },
});

function tooDear(cost: number): GraphQLError {
  return new GraphQLError(
    `Query cost is ${String(cost)}, which exceeds the single query max cost limit (${String(queryCostMax)}).`,
    { extensions: { code: "MAX_COST_EXCEEDED", cost, maxCost: queryCostMax } },
  );
}
