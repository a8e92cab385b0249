import type { z } from "zod";
import { newId } from "#app/lib/ids.ts";
import { logger } from "#app/lib/logger.ts";
import { parseFields } from "#app/lib/parse-fields.ts";
import { ProblemError, problemResponse, type FieldProblem } from "#app/lib/problem.ts";
import { verifyApiToken } from "#app/services/api-tokens/verify-api-token.ts";

/** Largest body the API takes, in bytes. */
const bodyBytesMax = 64 * 1024;

/** Who asks, and the id under which everything this request causes is logged. */
export interface ApiCaller {
  readonly shopId: string;
  readonly correlationId: string;
}

async function authenticateCaller(request: Request): Promise<string> {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  const verified = token === undefined ? null : await verifyApiToken(token);
  if (verified !== null) return verified.shopId;
  throw new ProblemError({
    status: 401,
    name: "unauthorised",
    title: "A valid token is needed.",
    detail:
      token === undefined
        ? 'Send the shop\'s token as "Authorization: Bearer <token>".'
        : "This token is not known, or it was revoked.",
    errors: [{ field: "Authorization", message: "must carry a valid token" }],
    headers: { "www-authenticate": 'Bearer realm="lockstep"' },
  });
}

/**
 * Serves one API request: checks the token, runs `answer`, sends its result as JSON. A ProblemError
 * becomes problem+json; anything else a 500 that names only the correlation id.
 */
export async function serveApi(
  request: Request,
  answer: (caller: ApiCaller) => Promise<unknown>,
): Promise<Response> {
  const correlationId = newId();
  let response: Response;
  try {
    const caller = { shopId: await authenticateCaller(request), correlationId };
    response = Response.json(await answer(caller), { headers: { "cache-control": "no-store" } });
  } catch (error) {
    if (error instanceof ProblemError) {
      response = problemResponse(error.problem);
    } else {
      logger.error({ err: error, correlationId }, "an API request failed");
      response = problemResponse({
        status: 500,
        name: "internal",
        title: "This is our mistake.",
        detail: `The request could not be handled. Its number is ${correlationId}.`,
      });
    }
  }
  response.headers.set("x-correlation-id", correlationId);
  return response;
}

/** The answer to a method that an address does not have. */
export function refuseMethod(allowed: string): Response {
  return problemResponse({
    status: 405,
    name: "method-not-allowed",
    title: "This address does not take this method.",
    detail: `Use ${allowed}.`,
    headers: { allow: allowed },
  });
}

function tooLarge(): ProblemError {
  return new ProblemError({
    status: 413,
    name: "too-large",
    title: "The body is too large.",
    detail: `At most ${String(bodyBytesMax)} bytes are taken.`,
    // The rest of the body is not read, so the connection cannot be used again.
    headers: { connection: "close" },
  });
}

async function readBody(request: Request): Promise<string> {
  if (Number(request.headers.get("content-length") ?? 0) > bodyBytesMax) throw tooLarge();
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  while (reader !== undefined) {
    const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array };
    if (done || value === undefined) break;
    bytes += value.byteLength;
    if (bytes > bodyBytesMax) throw tooLarge();
    chunks.push(value);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The request's JSON. @throws ProblemError 413 when it is too large, 400 when it is not JSON */
export async function readJson(request: Request): Promise<unknown> {
  const text = await readBody(request);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ProblemError({
      status: 400,
      name: "malformed-json",
      title: "The body is not JSON.",
      detail: text === "" ? "The body is empty." : "The body could not be read as JSON.",
      errors: [{ field: "body", message: "must be a JSON object" }],
    });
  }
}

/** The answer to fields that cannot be accepted. */
export function invalidFields(errors: readonly FieldProblem[]): ProblemError {
  return new ProblemError({
    status: 422,
    name: "invalid-fields",
    title: "Some fields cannot be accepted.",
    detail: errors.map(({ field, message }) => `${field}: ${message}`).join(" "),
    errors,
  });
}

/** The request's JSON in this shape. @throws ProblemError 413, 400, or 422 with every wrong field */
export async function readFields<Fields>(
  request: Request,
  shape: z.ZodType<Fields>,
): Promise<Fields> {
  const parsed = parseFields(shape, await readJson(request));
  if (!parsed.ok) throw invalidFields(parsed.errors);
  return parsed.input;
}

/** The request's Idempotency-Key. @throws ProblemError 400 when it is missing or unusable */
export function readIdempotencyKey(request: Request): string {
  const key = request.headers.get("idempotency-key") ?? "";
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new ProblemError({
    status: 400,
    name: "idempotency-key",
    title: "A usable Idempotency-Key is needed.",
    detail:
      key === ""
        ? "Send an Idempotency-Key header, a new one for each change you want."
        : "The Idempotency-Key must be 1 to 255 visible ASCII characters.",
    errors: [{ field: "Idempotency-Key", message: "must be 1 to 255 visible ASCII characters" }],
  });
}

/** The answer for a SKU that this shop does not have, whoever else may have it. */
export function unknownSku(sku: string): ProblemError {
  return new ProblemError({
    status: 404,
    name: "unknown-sku",
    title: "The SKU is not known.",
    detail: `This shop has no SKU "${sku}".`,
    errors: [{ field: "sku", message: "is not known in this shop" }],
  });
}
