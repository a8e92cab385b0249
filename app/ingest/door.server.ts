import type { IncomingMessage, ServerResponse } from "node:http";
import { channelApp, channels, isConfigured } from "#app/channels/registry.ts";
import { logger } from "#app/lib/logger.ts";
import { webhookAckSeconds, webhookDeliveries } from "#app/lib/metrics.ts";
import { outcomes, type Outcome } from "./outcome.ts";
import { receiveWebhook, type DoorAddress } from "./receive.ts";

/** Largest delivery taken, in bytes. */
export const bodyBytesMax = 2 * 1024 * 1024;

const prefix = "/webhooks/";

/** A sender of too large a body may send it to the end for this long, so that it gets to read our answer. */
const drainMsMax = 5_000;

/**
 * The door for every channel's webhooks: a plain handler in front of Remix, in the same process
 * (a Remix route is seven times slower here, performance.md 4).
 * A target that is no path (`*`, `//[`) is answered 400 for the whole server: no part of it could read one.
 * @returns false when the request is not for this door
 */
export async function webhookDoor(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const url = urlOf(request.url ?? "/");
  if (!url) {
    response.writeHead(400).end();
    return true;
  }
  if (!url.pathname.startsWith(prefix)) return false;
  const startedAt = process.hrtime.bigint();
  const [channelId = "", doorId = null] = url.pathname.slice(prefix.length).split("/");
  const label = channels.some(({ id }) => id === channelId) ? channelId : "unknown";
  if (request.method === "GET" && answerChallenge(channelId, url, response)) return true;
  const outcome =
    request.method === "POST"
      ? await receive({ channelId, doorId }, request)
      : ("wrong-method" as const);
  webhookDeliveries.inc({ channel: label, outcome });
  webhookAckSeconds.observe(Number(process.hrtime.bigint() - startedAt) / 1e9);
  if (outcome === "too-large") await answerWhileSending(request, response);
  else response.writeHead(outcomes[outcome]).end();
  return true;
}

function urlOf(target: string): URL | null {
  const isPath = target.startsWith("/") && !/^\/[/\\]/.test(target);
  return isPath ? URL.parse(target, "http://door") : null;
}

/** A connection closed on unread bytes is reset, and the answer lost: it goes out first, the rest is let in. */
async function answerWhileSending(request: IncomingMessage, response: ServerResponse) {
  response.writeHead(outcomes["too-large"], { connection: "close", "content-length": 0 });
  response.flushHeaders();
  if (!request.complete && !request.destroyed) {
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, drainMsMax);
      request.resume().once("end", resolve).once("close", resolve);
      response.once("close", resolve);
      void late.unref();
    });
  }
  response.end();
  if (!request.complete) request.destroy();
}

async function receive(address: DoorAddress, request: IncomingMessage): Promise<Outcome> {
  const { channelId } = address;
  const receivedAt = new Date();
  try {
    const rawBody = await readBody(request);
    if (!rawBody) return "too-large";
    const headers = request.headers as Record<string, string | undefined>;
    return await receiveWebhook(address, { rawBody, headers, receivedAt });
  } catch (error) {
    // The platform sends it again.
    if (error instanceof SenderGone) logger.info({ channel: channelId }, error.message);
    else logger.warn({ err: error, channel: channelId }, "a delivery failed");
    return "failed";
  }
}

function answerChallenge(channelId: string, url: URL, response: ServerResponse): boolean {
  const { challenge } = channels.find(({ id }) => id === channelId)?.webhooks ?? {};
  if (!challenge || !isConfigured(channelId)) return false;
  const answer = challenge(url, channelApp(channelId));
  if (!answer) return false;
  response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  return true;
}

/** The sender hung up, or was cut off for being slow: nothing of ours is wrong. */
class SenderGone extends Error {}

/** The whole body, or null once it is too large; what still comes then is dropped as it comes. */
function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers["content-length"] ?? 0) > bodyBytesMax) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    const gone = () => {
      reject(new SenderGone("a delivery did not arrive whole: its sender hung up or was too slow"));
    };
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) {
        chunks.push(chunk);
      } else {
        chunks = [];
        resolve(null);
      }
    });
    request.on("end", () => {
      resolve(Buffer.concat(chunks));
    });
    request.on("error", gone).on("close", gone);
  });
}
