import { fork } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import http from "node:http";
import path from "node:path";
import pg from "pg";
import { nodeFlags } from "#scripts/run-command.ts";
import { percentiles } from "#scripts/flash-sale/percentiles.ts";

/** Requests in flight, each on a connection of its own. */
const connections = 64;
const warmUpMs = 500;
const readyWithinMs = 20_000;
/** What a small order's webhook weighs. */
const bodyBytes = 2_048;

export interface DoorMeasured {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface DoorResult {
  /** Signed, verified, stored durably, answered 200. */
  readonly webhook: DoorMeasured;
  /** The same server answering 200 and nothing else. */
  readonly plain: DoorMeasured;
  /** Every 200 is a stored event. */
  readonly everyAnswerStored: boolean;
}

/** @param domain a shop that is installed in this database */
export async function measureDoor(
  databaseUrl: string,
  domain: string,
  forMs: number,
): Promise<DoorResult> {
  const child = fork(path.join(import.meta.dirname, "door-server.ts"), { execArgv: nodeFlags });
  try {
    await ready(child);
    const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
    const port = Number(process.env["PORT"]);
    const body = Buffer.from(JSON.stringify({ id: 1, note: "x".repeat(bodyBytes) }));
    const secret = process.env["SHOPIFY_API_SECRET"] ?? "";
    const signature = createHmac("sha256", secret).update(body).digest("base64");
    const deliver = () =>
      send({ agent, port, path: "/webhooks/shopify", body, headers: headers(domain, signature) });
    const plain = () => send({ agent, port, path: "/plain", body, headers: {} });
    await load(plain, warmUpMs);
    const plainMeasured = await load(plain, forMs);
    await load(deliver, warmUpMs);
    const before = await storedEvents(databaseUrl);
    const webhook = await load(deliver, forMs);
    const stored = (await storedEvents(databaseUrl)) - before;
    agent.destroy();
    return {
      webhook: webhook.measured,
      plain: plainMeasured.measured,
      everyAnswerStored: stored === webhook.answered,
    };
  } finally {
    child.disconnect();
  }
}

function headers(domain: string, signature: string): http.OutgoingHttpHeaders {
  const id = randomUUID();
  return {
    "content-type": "application/json",
    "x-shopify-topic": "orders/create",
    "x-shopify-shop-domain": domain,
    "x-shopify-webhook-id": id,
    "x-shopify-event-id": id,
    "x-shopify-hmac-sha256": signature,
  };
}

async function load(request: () => Promise<number>, forMs: number) {
  const tookMs: number[] = [];
  const startedAt = performance.now();
  const worker = async () => {
    while (performance.now() - startedAt < forMs) {
      const sentAt = performance.now();
      const status = await request();
      if (status !== 200) throw new Error(`the door answered ${status}`);
      tookMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { p50, p99 } = percentiles(tookMs) ?? { p50: 0, p99: 0 };
  const requestsPerSecond = Math.round(tookMs.length / seconds);
  return { measured: { requestsPerSecond, p50Ms: p50, p99Ms: p99 }, answered: tookMs.length };
}

interface Sending {
  readonly agent: http.Agent;
  readonly port: number;
  readonly path: string;
  readonly body: Buffer;
  readonly headers: http.OutgoingHttpHeaders;
}

function send({ agent, port, path: address, body, headers: given }: Sending): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = { "content-length": body.length };
    const options = { agent, port, host: "127.0.0.1", path: address, method: "POST" };
    const request = http.request({ ...options, headers: { ...given, ...length } }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    request.on("error", reject).end(body);
  });
}

function ready(child: ReturnType<typeof fork>): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the door did not open")), readyWithinMs);
    child.once("message", () => {
      clearTimeout(late);
      resolve();
    });
    child.once("exit", () => reject(new Error("the door's process ended")));
  });
}

async function storedEvents(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query("SELECT count(*)::int AS events FROM inbound_event");
    return (rows[0] as { events: number }).events;
  } finally {
    await client.end();
  }
}
