import type { ActionFunctionArgs } from "@remix-run/node";
import {
  invalidFields,
  readIdempotencyKey,
  readJson,
  refuseMethod,
  serveApi,
  unknownSku,
  type ApiCaller,
} from "#app/api.server.ts";
import { ProblemError } from "#app/lib/problem.ts";
import { parseAdjustment, type AdjustmentInput } from "#app/services/inventory/parse-adjustment.ts";
import { readSku } from "#app/services/inventory/read-sku.ts";
import { adjustStock, type AdjustOutcome } from "#app/services/stock/adjust-stock.ts";

/** A version that no level has: the commit refuses it as stale unless the key was used before. */
const staleVersion = -1;

type Refusal = Extract<AdjustOutcome, { ok: false }>;

function refusalProblem(refusal: Refusal, sku: string): ProblemError {
  const { message: detail } = refusal;
  switch (refusal.refusal) {
    case "unknown-sku":
      return unknownSku(sku);
    case "unknown-location":
      return new ProblemError({
        status: 422,
        name: "invalid-fields",
        title: "Some fields cannot be accepted.",
        detail,
        errors: [{ field: "locationId", message: "is not a location of this shop" }],
      });
    case "too-large":
      return new ProblemError({
        status: 422,
        name: "too-large",
        title: "There would be more than a location can hold.",
        detail,
        errors: [{ field: "delta", message: detail }],
      });
    case "would-go-negative":
      return new ProblemError({
        status: 422,
        name: "would-go-negative",
        title: "There is not enough stock to take away.",
        detail,
        errors: [{ field: "delta", message: detail }],
      });
    case "key-reused":
      return new ProblemError({
        status: 409,
        name: "idempotency-key-reused",
        title: "The Idempotency-Key was used for another change.",
        detail,
        errors: [{ field: "Idempotency-Key", message: "was used with other content" }],
      });
    case "stale-version":
      return new ProblemError({
        status: 409,
        name: "stale-version",
        title: "The stock has changed since you read it.",
        detail: "Read the SKU again and decide with its present numbers.",
        errors: [{ field: "expectedVersion", message: "is not the SKU's version any more" }],
      });
  }
}

/**
 * Callers know the SKU's version (the sum over its locations), the commit checks the level's. A SKU
 * that moved on is refused by the commit too, so that a repeated key is still answered as before.
 */
async function levelVersion(shopId: string, code: string, input: AdjustmentInput) {
  if (input.expectedVersion === undefined) return undefined;
  const sku = await readSku(shopId, code);
  if (sku?.version !== input.expectedVersion) return staleVersion;
  const [first] = sku.levels;
  const locationId = input.locationId ?? first?.locationId;
  return sku.levels.find((level) => level.locationId === locationId)?.version ?? 0;
}

async function adjust(request: Request, code: string, caller: ApiCaller) {
  const idempotencyKey = readIdempotencyKey(request);
  const parsed = parseAdjustment(await readJson(request));
  if (!parsed.ok) throw invalidFields(parsed.errors);
  const { shopId, correlationId } = caller;
  const { locationId, delta, reason } = parsed.input;
  const outcome = await adjustStock({
    shopId,
    skuCode: code,
    locationId,
    onHandDelta: delta,
    reason,
    idempotencyKey,
    actor: "api",
    correlationId,
    expectedVersion: await levelVersion(shopId, code, parsed.input),
  });
  if (!outcome.ok) throw refusalProblem(outcome, code);
  const { onHand, committed, available, version } = outcome.level;
  return {
    sku: code,
    locationId: outcome.locationId,
    delta,
    seq: Number(outcome.seq),
    replayed: outcome.replayed,
    level: { onHand, committed, available, version },
  };
}

/** POST /api/v1/inventory/{sku}/adjustments {delta, locationId?, reason?, expectedVersion?}. */
export function action({ request, params }: ActionFunctionArgs): Promise<Response> | Response {
  if (request.method !== "POST") return refuseMethod("POST");
  return serveApi(request, (caller) => adjust(request, params.sku ?? "", caller));
}

/** Every reading method. */
export function loader(): Response {
  return refuseMethod("POST");
}
