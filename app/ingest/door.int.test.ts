import { createHash } from "node:crypto";
import { createServer, request as httpRequest, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { newId } from "#app/lib/ids.ts";
import { metricsRegistry, webhookDeliveries } from "#app/lib/metrics.ts";
import { hmacSha256 } from "#app/lib/signature.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { forgetShops } from "#app/services/shops/find-shop.ts";
import { shopOnAmazon, type ShopOnAmazon } from "#tests/support/shop.ts";
import { applyEvents } from "./apply-events.ts";
import { bodyBytesMax, webhookDoor } from "./door.server.ts";
import { outcomes, type Outcome } from "./outcome.ts";

let server: Server;
let base: string;
let shop: ShopOnAmazon;

beforeAll(async () => {
  server = createServer((request, response) => {
    void webhookDoor(request, response).then((taken) => {
      if (!taken) response.writeHead(418).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await closeQueues();
  await closeDb();
});
beforeEach(async () => {
  shop = await shopOnAmazon(["A"]);
});

interface Call {
  readonly path?: string;
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
  /** Without a content-length, so that nobody knows the size beforehand. */
  readonly chunked?: boolean;
}

/** Over real HTTP; a refused large body may be cut off, which is an answer too. */
async function call(given: Call): Promise<{ status: number; body: string }> {
  const { path = "/webhooks/shopify", method = "POST", body = "", headers = {}, chunked } = given;
  return await new Promise((resolve, reject) => {
    const length = chunked ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const outgoing = httpRequest(
      base,
      { path, method, headers: { ...(method === "GET" ? {} : length), ...headers } },
      (answer) => {
        let text = "";
        answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: text }));
        answer.on("error", reject);
      },
    );
    let answered = false;
    outgoing.on("response", () => (answered = true));
    outgoing.on("error", (error) => {
      if (!answered) reject(error);
    });
    outgoing.end(method === "GET" ? undefined : body);
  });
}

/** A delivery as Shopify signs it. */
function shopify(body: string | Buffer, headers: Record<string, string> = {}): Call {
  const signature = hmacSha256(env().SHOPIFY_API_SECRET, Buffer.from(body), "base64");
  return {
    body,
    headers: {
      ...{ "x-shopify-hmac-sha256": signature, "x-shopify-shop-domain": shop.domain },
      ...{ "x-shopify-topic": "orders/create", "x-shopify-webhook-id": newId() },
      ...headers,
    },
  };
}

/** A delivery as TikTok Shop signs it. */
function tiktok(body: string): Call {
  const signed = Buffer.from(`${process.env["TIKTOK_SHOP_APP_KEY"] ?? ""}${body}`);
  const authorization = hmacSha256(process.env["TIKTOK_SHOP_APP_SECRET"] ?? "", signed, "hex");
  return { path: "/webhooks/tiktok-shop", body, headers: { authorization } };
}

async function storedEvents(): Promise<number> {
  return await db().inboundEvent.count();
}

async function counted(channel: string, outcome: string): Promise<number> {
  const { values } = await webhookDeliveries.get();
  const found = values.find(
    ({ labels }) => labels.channel === channel && labels.outcome === outcome,
  );
  return found?.value ?? 0;
}

describe("the webhook door", () => {
  const tooLarge = Buffer.alloc(bodyBytesMax + 1, "x");
  const table: readonly (readonly [string, () => Call, Outcome, string])[] = [
    ["signed", () => shopify("{}"), "accepted", "shopify"],
    ["of the largest size", () => shopify("x".repeat(bodyBytesMax)), "accepted", "shopify"],
    [
      "of an unknown topic",
      () => shopify("{}", { "x-shopify-topic": "a/b" }),
      "accepted",
      "shopify",
    ],
    ["not JSON but signed", () => shopify("{"), "accepted", "shopify"],
    ["with a byte no database text holds", () => shopify('{"a":"\0"}'), "accepted", "shopify"],
    [
      "of an unknown account",
      () => shopify("{}", { "x-shopify-shop-domain": "gone.myshopify.com" }),
      ...(["unknown-account", "shopify"] as const),
    ],
    ["unsigned", () => ({ body: "{}" }), "unauthenticated", "shopify"],
    [
      "signed with another secret",
      () =>
        shopify("{}", { "x-shopify-hmac-sha256": hmacSha256("no", Buffer.from("{}"), "base64") }),
      ...(["unauthenticated", "shopify"] as const),
    ],
    [
      "changed after it was signed",
      () => ({ ...shopify("{}"), body: "{ }" }),
      ...(["unauthenticated", "shopify"] as const),
    ],
    [
      "unsigned, of TikTok Shop",
      () => ({ ...tiktok("{}"), headers: {} }),
      ...(["unauthenticated", "tiktok-shop"] as const),
    ],
    ["unsigned, of eBay", () => ({ path: "/webhooks/ebay" }), "unauthenticated", "ebay"],
    ["without its topic", () => shopify("{}", { "x-shopify-topic": "" }), "malformed", "shopify"],
    ["of no account", () => tiktok("{}"), "malformed", "tiktok-shop"],
    [
      "with keys too long for an index, beside a good one",
      () => shopify("{}", { "x-shopify-webhook-id": `${newId()}${"x".repeat(8_000)}` }),
      ...(["accepted", "shopify"] as const),
    ],
    ["not readable at all", () => tiktok("no JSON"), "malformed", "tiktok-shop"],
    ["over 2 MB", () => ({ body: tooLarge }), "too-large", "shopify"],
    ["over 2 MB, unannounced", () => ({ body: tooLarge, chunked: true }), "too-large", "shopify"],
    ["of no channel", () => ({ path: "/webhooks/nobody" }), "unknown-channel", "unknown"],
    [
      "of a channel without a door",
      () => ({ path: "/webhooks/amazon" }),
      "unknown-channel",
      "amazon",
    ],
    ["without a channel", () => ({ path: "/webhooks/" }), "unknown-channel", "unknown"],
    [
      "that only tries the address",
      () => ({
        path: `/webhooks/woocommerce/${newId()}`,
        body: "webhook_id=142",
        headers: { "content-type": "application/x-www-form-urlencoded" },
      }),
      ...(["ping", "woocommerce"] as const),
    ],
    [
      "of a connection's channel, without the connection",
      () => ({ path: "/webhooks/woocommerce" }),
      ...(["unknown-account", "woocommerce"] as const),
    ],
    [
      "to no connection's address",
      () => ({ path: "/webhooks/woocommerce/no-id" }),
      ...(["unknown-account", "woocommerce"] as const),
    ],
    ["by GET", () => ({ method: "GET" }), "wrong-method", "shopify"],
    ["by PUT", () => ({ ...shopify("{}"), method: "PUT" }), "wrong-method", "shopify"],
  ];

  it.each(table)("a delivery %s", async (_what, given, outcome, label) => {
    const [before, events] = [await counted(label, outcome), await storedEvents()];
    const { status, body } = await call(given());
    expect(status).toBe(outcomes[outcome]);
    expect(body).toBe("");
    expect(await counted(label, outcome)).toBe(before + 1);
    expect(await storedEvents()).toBe(events + (outcome === "accepted" ? 1 : 0));
  });

  it("has a case for every outcome but the two told apart below", () => {
    const seen = new Set([...table.map(([, , outcome]) => outcome), "duplicate", "failed"]);
    expect(seen).toEqual(new Set(Object.keys(outcomes)));
  });

  it("Once: the same delivery ten times at once is stored once, and answered 200 each time", async () => {
    const delivery = shopify("{}");
    const before = await counted("shopify", "duplicate");
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(delivery)));
    expect(answers.map(({ status }) => status)).toEqual(new Array(10).fill(200));
    expect(await counted("shopify", "duplicate")).toBe(before + 9);
    expect(await db().inboundEvent.count({ where: { shopId: shop.shopId } })).toBe(1);
  });

  it("late events of a shop that left are answered 200, counted, and not stored", async () => {
    await db().shop.update({ where: { id: shop.shopId }, data: { status: "uninstalled" } });
    forgetShops();
    const before = await counted("shopify", "unknown-account");
    expect((await call(shopify("{}"))).status).toBe(200);
    expect(await counted("shopify", "unknown-account")).toBe(before + 1);
    expect(await db().inboundEvent.count({ where: { shopId: shop.shopId } })).toBe(0);
  });

  it("stores the content with every digit, the platform's clock and topic", async () => {
    const body = '{"id":820982911946154508,"name":"Übergröße"}';
    const triggered = { "x-shopify-triggered-at": "2026-01-11T10:31:45.123456789Z" };
    const before = new Date();
    await call(shopify(body, triggered));
    const [event] = await db().inboundEvent.findMany({ where: { shopId: shop.shopId } });
    expect(event).toMatchObject({
      ...{ payload: body, topic: "orders/create", status: "ready", attempts: 0 },
      occurredAt: new Date("2026-01-11T10:31:45.123Z"),
    });
    expect(event?.receivedAt.getTime()).toBeGreaterThanOrEqual(before.getTime() - 1);
  });

  it("what is signed and unreadable ends as a dead letter, an unknown topic as ignored", async () => {
    await call(shopify("{"));
    await call(shopify('{"a":"\0"}'));
    await call(shopify("{}", { "x-shopify-topic": "themes/publish" }));
    await applyEvents(shop.shopId);
    const events = await db().inboundEvent.findMany({
      where: { shopId: shop.shopId },
      orderBy: { id: "asc" },
    });
    expect(events.map(({ status }) => status)).toEqual(["dead", "dead", "ignored"]);
    const letters = await db().deadLetter.findMany({ where: { shopId: shop.shopId } });
    expect(letters).toHaveLength(2);
    expect(letters.map(({ reason }) => reason).toSorted()).toEqual([
      "Shopify sent something that is not JSON.",
      "Shopify's order cannot be read: id is missing.",
    ]);
  });

  it("answers eBay's check of the address", async () => {
    const answer = await call({ path: "/webhooks/ebay?challenge_code=abc", method: "GET" });
    const { EBAY_VERIFICATION_TOKEN: token = "", EBAY_WEBHOOK_URL: url = "" } = process.env;
    const challengeResponse = createHash("sha256").update(`abc${token}${url}`).digest("hex");
    expect(answer).toEqual({ status: 200, body: JSON.stringify({ challengeResponse }) });
  });

  it.each(["//", "/\\", "//[", "*", "http://["])(
    "a target that is no path, %s: 400",
    async (path) => {
      expect((await call({ path, method: "GET" })).status).toBe(400);
    },
  );

  it("a sender that keeps sending too large a body reads the answer, and is let go", async () => {
    const socket = connect(Number(new URL(base).port), "127.0.0.1");
    const size = 8 * bodyBytesMax;
    socket.write(`POST /webhooks/shopify HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    let text = "";
    const closed = new Promise<void>((resolve, reject) => {
      socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
      socket.on("close", () => resolve()).on("error", reject);
    });
    socket.write(Buffer.alloc(size, "x"));
    await closed;
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("leaves every other path to the app", async () => {
    expect((await call({ path: "/webhooks-of-mine" })).status).toBe(418);
    expect((await call({ path: "/app", method: "GET" })).status).toBe(418);
  });

  it("a delivery whose sender hangs up is counted as failed and stored nowhere", async () => {
    const [before, events] = [await counted("shopify", "failed"), await storedEvents()];
    const outgoing = httpRequest(`${base}/webhooks/shopify`, {
      ...{ method: "POST", headers: { "content-length": "100" } },
    });
    outgoing.on("error", () => undefined);
    outgoing.write("half");
    outgoing.flushHeaders();
    setTimeout(() => outgoing.destroy(), 50);
    await expect.poll(() => counted("shopify", "failed"), { timeout: 5_000 }).toBe(before + 1);
    expect(await storedEvents()).toBe(events);
  });

  it("shows itself in /metrics without naming a shop", async () => {
    await call(shopify("{}"));
    const text = await metricsRegistry.metrics();
    expect(text).toMatch(/webhook_deliveries_total\{channel="shopify",outcome="accepted"\} \d+/);
    expect(text).toMatch(/webhook_ack_seconds_count \d+/);
    expect(text).not.toContain(shop.domain);
  });
});
