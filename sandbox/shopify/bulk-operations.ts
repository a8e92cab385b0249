import { createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import { executeSync, GraphQLError, type GraphQLSchema } from "graphql";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { equalInConstantTime } from "../tokens.ts";
import { linesOf, readBulkQuery, type BulkQuery } from "./bulk-query.ts";
import type { UserError } from "./inventory-writes.ts";
import { shopTime, utcTime } from "./payloads.ts";

/** Bulk queries: they run beside everything else and leave a file of lines at a signed address. */
export interface BulkOperations {
  start(query: string): BulkOperation | UserError;
  find(gid: string): BulkOperation | undefined;
  /** GET of a result, whole or in part. The address is enough: no token opens it. */
  serveFile(request: SandboxRequest, response: ServerResponse): void;
  node(operation: BulkOperation): object;
  snapshot(): BulkSnapshot;
  restore(snapshot: BulkSnapshot | undefined): void;
}

export interface BulkOperation {
  readonly number: number;
  readonly query: string;
  readonly createdAtMs: number;
  status: "COMPLETED" | "EXPIRED" | "FAILED" | "RUNNING";
  completedAtMs: number | null;
  objects: number;
  rootObjects: number;
  /** Null while it runs, after it expired, and when nothing was found. */
  file: Buffer | null;
}

export interface BulkSnapshot {
  readonly operations: readonly (Omit<BulkOperation, "file"> & { readonly file: string | null })[];
}

/** Queries under way at once (since 2026-01). */
const runningMax = 5;
/** Operations remembered; what is older is forgotten with its file. */
const operationsMax = 10;
/** The shop's clock seen from its operations: a file is kept for seven days. */
const fileLifeMs = 7 * 86_400_000;
/** A larger file does not outlive a restart of the sandbox: its operation counts as expired then. */
const savedFileCharsMax = 2_000_000;
const firstNumber = 6_100_000_000_000;

export interface BulkOptions {
  readonly context: SandboxContext;
  readonly schema: GraphQLSchema;
  /** Read when a query runs: the root fields include the one that starts it. */
  readonly rootValue: () => unknown;
  readonly tell: (topic: string, payload: unknown) => void;
}

export function createBulkOperations(options: BulkOptions): BulkOperations {
  const { context, schema } = options;
  const operations = new Map<number, BulkOperation>();
  return {
    start(text) {
      const running = [...operations.values()].filter(({ status }) => status === "RUNNING");
      if (running.length >= runningMax) return refused("LIMIT_REACHED", limitReached);
      const query = readBulkQuery(schema, text);
      if (typeof query === "string") return refused("INVALID", query);
      let number = firstNumber + context.now();
      while (operations.has(number)) number += 1;
      const operation: BulkOperation = {
        ...{ number, query: text, createdAtMs: context.now(), completedAtMs: null },
        ...{ status: "RUNNING", objects: 0, rootObjects: 0, file: null },
      };
      operations.set(number, operation);
      const [oldest] = operations.keys();
      if (operations.size > operationsMax && oldest !== undefined) operations.delete(oldest);
      run(options, operation, query);
      return operation;
    },
    find: (gid) => operations.get(Number(/^gid:\/\/shopify\/BulkOperation\/(\d+)$/.exec(gid)?.[1])),
    serveFile(request, response) {
      const number = Number(/^\/bulk\/(\d+)\.jsonl$/.exec(request.path)?.[1]);
      const expiresS = Number(request.url.searchParams.get("Expires"));
      const given = request.url.searchParams.get("Signature") ?? "";
      const { file } = operations.get(number) ?? {};
      const isSigned = equalInConstantTime(given, signatureOf(context, number, expiresS));
      if (!isSigned || request.headers.authorization !== undefined) refuseFile(response, 403);
      else if (expiresS * 1_000 < context.now()) refuseFile(response, 400);
      else if (!file) refuseFile(response, 404);
      else sendPart(response, file, request.headers.range);
    },
    node: (operation) => operationNode(operation, urlOf(context, operation)),
    snapshot: () => ({ operations: [...operations.values()].map(savedOperation) }),
    restore(snapshot) {
      for (const saved of snapshot?.operations ?? []) {
        const file = saved.file === null ? null : Buffer.from(saved.file);
        operations.set(saved.number, { ...saved, file });
      }
    },
  };
}

/** Proof that an address came from us. */
function signatureOf(context: SandboxContext, number: number, expiresS: number): string {
  const secret = context.credential("SHOPIFY_API_SECRET");
  return createHmac("sha256", secret).update(`bulk ${number} ${expiresS}`).digest("hex");
}

function urlOf(context: SandboxContext, operation: BulkOperation): string | null {
  if (!operation.file || operation.completedAtMs === null) return null;
  const expiresS = Math.floor((operation.completedAtMs + fileLifeMs) / 1_000);
  const query = new URLSearchParams({
    Expires: String(expiresS),
    Signature: signatureOf(context, operation.number, expiresS),
  });
  return `${context.sandboxUrl()}/shopify/bulk/${String(operation.number)}.jsonl?${query.toString()}`;
}

/** A slice at a time, so that everybody else is served in between. */
function run(options: BulkOptions, operation: BulkOperation, query: BulkQuery): void {
  const slices = slicesOf(options.schema, query, options.rootValue);
  const chunks: Buffer[] = [];
  const step = () => {
    const next = nextSlice(slices);
    if (!next || next.done === true) {
      finish(options, operation, next && chunks);
      return;
    }
    operation.objects += next.value.objects;
    operation.rootObjects += next.value.roots;
    chunks.push(next.value.chunk);
    setImmediate(step);
  };
  setImmediate(step);
}

/** @param chunks null when the query failed */
function finish(
  { context, tell }: BulkOptions,
  operation: BulkOperation,
  chunks: readonly Buffer[] | null,
): void {
  operation.file = chunks && chunks.length > 0 ? Buffer.concat(chunks) : null;
  operation.status = chunks ? "COMPLETED" : "FAILED";
  operation.completedAtMs = context.now();
  context.changed();
  tell("bulk_operations/finish", finishPayload(operation));
}

const limitReached = "Bulk operations limit reached. Please try again later.";

function refused(code: string, message: string): UserError {
  return { code, field: ["query"], message };
}

/** Runs a query slice by slice. @throws GraphQLError when the graph cannot answer it */
function* slicesOf(schema: GraphQLSchema, query: BulkQuery, rootValue: () => unknown) {
  for (let cursor: string | null = null, more = true; more;) {
    const result = executeSync({
      schema,
      document: query.document,
      rootValue: rootValue(),
      variableValues: { cursor },
    });
    if (result.errors?.[0]) throw new GraphQLError(result.errors[0].message);
    const found = result.data?.[query.rootKey] as RootSlice;
    const nodes = found.nodes ?? found.edges?.map(({ node }) => node) ?? [];
    const made = nodes.map(linesOf);
    const lines = made.flatMap((one) => one.lines);
    if (lines.length > 0) {
      const objects = made.reduce((sum, one) => sum + one.objects, 0);
      yield { chunk: Buffer.from(`${lines.join("\n")}\n`), objects, roots: nodes.length };
    }
    more = found.pageInfo.hasNextPage;
    cursor = found.pageInfo.endCursor;
  }
}

/** Null when the graph could not answer. */
function nextSlice(slices: ReturnType<typeof slicesOf>) {
  try {
    return slices.next();
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

interface RootSlice {
  readonly nodes?: readonly unknown[];
  readonly edges?: readonly { readonly node: unknown }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

function operationNode(operation: BulkOperation, url: string | null) {
  const { completedAtMs, file } = operation;
  return {
    __typename: "BulkOperation",
    id: gidOf(operation),
    status: operation.status,
    type: "QUERY",
    query: operation.query,
    createdAt: utcTime(operation.createdAtMs),
    completedAt: completedAtMs === null ? null : utcTime(completedAtMs),
    errorCode: operation.status === "FAILED" ? "INTERNAL_SERVER_ERROR" : null,
    objectCount: String(operation.objects),
    rootObjectCount: String(operation.rootObjects),
    fileSize: file ? String(file.length) : null,
    url,
    partialDataUrl: null,
  };
}

function finishPayload(operation: BulkOperation): Record<string, unknown> {
  const { createdAtMs, completedAtMs } = operation;
  return {
    admin_graphql_api_id: gidOf(operation),
    completed_at: completedAtMs === null ? null : shopTime(completedAtMs),
    created_at: shopTime(createdAtMs),
    error_code: operation.status === "FAILED" ? "internal_server_error" : null,
    status: operation.status.toLowerCase(),
    type: "query",
  };
}

function gidOf({ number }: BulkOperation): string {
  return `gid://shopify/BulkOperation/${String(number)}`;
}

function savedOperation(operation: BulkOperation): BulkSnapshot["operations"][number] {
  const { file, ...rest } = operation;
  const isShort = (file?.length ?? 0) <= savedFileCharsMax;
  if (operation.status === "RUNNING" || !isShort) return { ...rest, status: "EXPIRED", file: null };
  return { ...rest, file: file?.toString("utf8") ?? null };
}

/** Bytes of a file as the storage behind Shopify serves them. */
function sendPart(response: ServerResponse, file: Buffer, range: string | undefined): void {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
  const headers = { "content-type": "application/jsonl", "accept-ranges": "bytes" };
  if (!match) {
    response.writeHead(200, { ...headers, "content-length": file.length });
    response.end(file);
    return;
  }
  const from = Number(match[1]);
  const to = match[2] ? Math.min(Number(match[2]), file.length - 1) : file.length - 1;
  if (from >= file.length || to < from) {
    response.writeHead(416, { "content-range": `bytes */${String(file.length)}` }).end();
    return;
  }
  const part = file.subarray(from, to + 1);
  response.writeHead(206, {
    ...headers,
    "content-length": part.length,
    "content-range": `bytes ${String(from)}-${String(to)}/${String(file.length)}`,
  });
  response.end(part);
}

const storageRefusals = { 400: "ExpiredToken", 403: "SignatureDoesNotMatch", 404: "NoSuchKey" };

/** The storage speaks XML. */
function refuseFile(response: ServerResponse, status: keyof typeof storageRefusals): void {
  response.writeHead(status, { "content-type": "application/xml; charset=UTF-8" });
  response.end(
    `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${storageRefusals[status]}</Code></Error>`,
  );
}
