import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { answerJson } from "./answer.ts";
import type { SandboxRequest } from "./channel.ts";
import type { Stand, World } from "./world.ts";

/** Larger bodies are refused; no call of ours comes near. */
const bodyBytesMax = 10 * 1024 * 1024;
/** Longer than any client's idle time, so that we never close a connection under a request. */
const keepAliveMs = 65_000;
/** A lost answer's connection is closed after this; the app has long given up. */
const lostAnswerMs = 30_000;

/** Serves all platforms under their prefixes, Shopify's admin at /admin and the control API at /control. */
export function createSandboxServer(options: {
  /** Read at every request: a reset replaces it. */
  readonly world: () => World;
  readonly handleControl: (request: SandboxRequest, response: ServerResponse) => Promise<void>;
}): Server {
  const server = createServer((incoming, response) => {
    serve(options, incoming, response).catch((error: unknown) => {
      console.error(`sandbox: ${incoming.method ?? ""} ${incoming.url ?? ""} failed:`, error);
      if (response.headersSent) response.destroy();
      else answerJson(response, 500, { error: "The sandbox itself failed; see its log." });
    });
  });
  server.keepAliveTimeout = keepAliveMs;
  return server;
}

async function serve(
  options: Parameters<typeof createSandboxServer>[0],
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const rawBody = await readBody(incoming);
  if (!rawBody) {
    answerJson(response, 413, { error: "The body is too large." });
    return;
  }
  const url = new URL(incoming.url ?? "/", "http://127.0.0.1");
  const [, prefix = ""] = url.pathname.split("/", 2);
  const rest = url.pathname.slice(prefix.length + 1) || "/";
  const request: SandboxRequest = {
    incoming,
    method: incoming.method ?? "GET",
    path: rest,
    url,
    headers: incoming.headers as Record<string, string | undefined>,
    rawBody,
  };
  if (prefix === "control") {
    await options.handleControl(request, response);
    return;
  }
  const world = options.world();
  if (prefix === "admin") {
    const admin = world.stands.get("shopify")?.platform.handleAdmin;
    if (admin) await admin(request, response);
    else answerJson(response, 404, { error: "There is no Shopify here." });
    return;
  }
  // The SQS client may drop the path of its queue address; its target header says where it belongs.
  const isQueueCall = incoming.headers["x-amz-target"] !== undefined;
  const stand = world.stands.get(isQueueCall ? "amazon" : prefix);
  if (!stand) {
    answerJson(response, 404, { error: `Nothing is served at /${prefix}.` });
    return;
  }
  await servePlatform(stand, request, response);
}

async function servePlatform(
  stand: Stand,
  request: SandboxRequest,
  response: ServerResponse,
): Promise<void> {
  stand.requests += 1;
  const { down, errorShare, latencyMs, timeoutAfterWriteShare } = stand.faults;
  if (latencyMs > 0) {
    // Half on the way in, half on the way out: the write takes effect in the middle.
    await sleep(latencyMs / 2);
    delayEnd(response, latencyMs / 2);
  }
  if (down) {
    stand.errors += 1;
    answerUnavailable(response);
    return;
  }
  if (errorShare > 0 && Math.random() < errorShare) {
    stand.errors += 1;
    answerJson(response, 500, stand.definition.serverError);
    return;
  }
  if (timeoutAfterWriteShare > 0 && Math.random() < timeoutAfterWriteShare) {
    loseAnswerOfWrite(stand, response);
  }
  await stand.platform.handle(request, response);
}

function delayEnd(response: ServerResponse, delayMs: number): void {
  const end = response.end.bind(response) as (chunk?: unknown) => ServerResponse;
  response.end = ((chunk?: unknown) => {
    setTimeout(() => {
      end(chunk);
    }, delayMs);
    return response;
  }) as typeof response.end;
}

/** When the request wrote something, its answer never leaves; other requests are answered. */
function loseAnswerOfWrite(stand: Stand, response: ServerResponse): void {
  const writesBefore = stand.writes;
  const end = response.end.bind(response) as (chunk?: unknown) => ServerResponse;
  response.end = ((chunk?: unknown) => {
    if (stand.writes === writesBefore) return end(chunk);
    setTimeout(() => {
      response.destroy();
    }, lostAnswerMs).unref();
    return response;
  }) as typeof response.end;
}

function answerUnavailable(response: ServerResponse): void {
  const page = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>";
  response.writeHead(503, { "content-type": "text/html", "content-length": page.length });
  response.end(page);
}

/** The whole body, or null when it is too large. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] ?? null) : Buffer.concat(chunks);
}
