import type { IncomingMessage, ServerResponse } from "node:http";
import { channelApp, channels } from "#app/channels/registry.ts";
import { logger } from "#app/lib/logger.ts";
import { webhookAckSeconds, webhookDeliveries } from "#app/lib/metrics.ts";
import { outcomes, type Outcome } from "./outcome.ts";
import { receiveWebhook } from "./receive.ts";

/** Largest delivery taken, in bytes. */
export const bodyBytesMax = 2 * 1024 * 1024;

const prefix = "/webhooks/";

/**
 * The door for every channel's webhooks: a plain handler in front of Remix, in the same process
 * (a Remix route is seven times slower here, performance.md 4).
 * @returns false when the request is not for this door
 */
export async function webhookDoor(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const url = new URL(request.url ?? "/", "http://door");
  if (!url.pathname.startsWith(prefix)) return false;
  const startedAt = process.hrtime.bigint();
  const channelId = url.pathname.slice(prefix.length).split("/")[0] ?? "";
  const label = channels.some(({ id }) => id === channelId) ? channelId : "unknown";
  if (request.method === "GET" && answerChallenge(channelId, url, response)) return true;
  const outcome =
    request.method === "POST" ? await receive(channelId, request) : ("wrong-method" as const);
  webhookDeliveries.inc({ channel: label, outcome });
  webhookAckSeconds.observe(Number(process.hrtime.bigint() - startedAt) / 1e9);
  response.writeHead(outcomes[outcome], outcome === "too-large" ? { connection: "close" } : {});
  response.end();
  return true;
}

async function receive(channelId: string, request: IncomingMessage): Promise<Outcome> {
  const receivedAt = new Date();
  try {
    const rawBody = await readBody(request);
    if (!rawBody) return "too-large";
    const headers = request.headers as Record<string, string | undefined>;
    return await receiveWebhook(channelId, { rawBody, headers, receivedAt });
  } catch (error) {
    // A sender that hangs up, a database that is away: the platform sends it again.
    logger.warn({ err: error, channel: channelId }, "a delivery failed");
    return "failed";
  }
}

function answerChallenge(channelId: string, url: URL, response: ServerResponse): boolean {
  const challenge = channels.find(({ id }) => id === channelId)?.webhooks?.challenge;
  const answer = challenge?.(url, channelApp(channelId));
  if (!answer) return false;
  response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  return true;
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > bodyBytesMax) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
