import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { createSigningKey, type SigningKey } from "#sandbox/ebay/signing-key.ts";
import type { WebhookRequest } from "../contract.ts";
import type { EbayApp } from "./config.ts";
import { ebayWebhooks, parseEbayEvent } from "./webhooks.ts";

const vectorsFile = new URL(
  "../../../../shared/specs/ebay/notification-signature-test-vectors.json",
  import.meta.url,
);
interface Vector {
  readonly signature: string;
  readonly message: unknown;
  readonly response: { readonly key: string } | null;
}

let worlds = 0;
/** An app of its own per test: keys and tokens are cached by address and client id. */
function newApp(): EbayApp {
  worlds += 1;
  return {
    EBAY_API_URL: `http://127.0.0.1:9/ebay/${String(worlds)}`,
    EBAY_CLIENT_ID: "client",
    EBAY_CLIENT_SECRET: "client-secret",
    EBAY_VERIFICATION_TOKEN: "71745723-d031-455c-bfa5-f90d11b4f20a",
    EBAY_WEBHOOK_URL: "https://www.testendpoint.com/webhook",
    EBAY_AUTHORIZE_URL: "http://127.0.0.1:9/ebay/oauth2/authorize",
  };
}

function keyServer(key: unknown) {
  const calls: string[] = [];
  const http: typeof fetch = (input) => {
    const url = input instanceof Request ? input.url : input.toString();
    calls.push(url);
    if (url.endsWith("/oauth2/token")) {
      return Promise.resolve(Response.json({ access_token: "app-token", expires_in: 7_200 }));
    }
    return Promise.resolve(key === null ? new Response("{}", { status: 404 }) : Response.json(key));
  };
  const keyCalls = () => calls.filter((url) => url.includes("/public_key/")).length;
  return { http, calls, keyCalls };
}

function request(body: string, header: string | undefined): WebhookRequest {
  const headers = { "x-ebay-signature": header };
  return {
    rawBody: Buffer.from(body),
    headers,
    receivedAt: new Date(),
    url: "https://lockstep.example.com/webhooks/ebay",
    door: null,
  };
}

const answerOf = (key: SigningKey) => ({
  key: key.publicKeyText,
  algorithm: "ECDSA",
  digest: "SHA1",
});
const body = JSON.stringify({
  metadata: { topic: "ITEM_SOLD" },
  notification: { notificationId: "n-1", data: { userId: "u-1" } },
});
const accepted = { ok: true, accountId: "u-1", externalEventId: "n-1", occurredAt: null };
const refused = { ok: false, reason: "signature" };

describe.skipIf(!existsSync(vectorsFile))("the vectors that eBay published", () => {
  const vectors = existsSync(vectorsFile)
    ? (JSON.parse(readFileSync(vectorsFile, "utf8")) as Record<string, Vector>)
    : {};
  test.each([
    ["VALID", true],
    ["INVALID", false],
    ["SIGNATURE_MISMATCH", false],
    ["ERROR", false],
  ])("%s", async (name, ok) => {
    const vector = vectors[name];
    if (!vector) throw new Error(`no vector ${name}`);
    const delivery = request(JSON.stringify(vector.message), vector.signature);
    const result = await ebayWebhooks.verify(delivery, newApp(), keyServer(vector.response).http);
    expect(result.ok).toBe(ok);
    if (result.ok) {
      expect(result.accountId).toBe("test_user");
      expect(result.topic).toBe("MARKETPLACE_ACCOUNT_DELETION");
    }
  });
});

describe("ebay webhooks", () => {
  test("the body is also accepted pretty-printed, as eBay's own kit does", async () => {
    const key = createSigningKey(null);
    const pretty = JSON.stringify(JSON.parse(body), null, 2);
    const delivery = request(pretty, key.signatureHeader(body));
    const result = await ebayWebhooks.verify(delivery, newApp(), keyServer(answerOf(key)).http);
    expect(result).toMatchObject(accepted);
  });

  test("without a username the user id names the account", async () => {
    const key = createSigningKey(null);
    const delivery = request(body, key.signatureHeader(body));
    const result = await ebayWebhooks.verify(delivery, newApp(), keyServer(answerOf(key)).http);
    expect(result).toMatchObject(accepted);
  });

  test("authentic but not eBay's shape is malformed", async () => {
    const key = createSigningKey(null);
    const delivery = request("[]", key.signatureHeader("[]"));
    const result = await ebayWebhooks.verify(delivery, newApp(), keyServer(answerOf(key)).http);
    expect(result).toEqual({ ok: false, reason: "malformed" });
  });

  test.each([
    [
      { notification: { eventDate: "soon", notificationId: 5, data: { username: "u" } } },
      "unknown",
      "eBay's notification names no topic.",
    ],
    [
      {
        metadata: { topic: "ORDER_CONFIRMATION" },
        notification: { data: { user: { username: "u", userId: 5 }, order: "x" } },
      },
      "ORDER_CONFIRMATION",
      'eBay\'s order notification cannot be read: notification.data.order "x" is not an object.',
    ],
  ])("odd, but its seller can be read: %j", async (odd, topic, reason) => {
    const key = createSigningKey(null);
    const payload = JSON.stringify(odd);
    const delivery = request(payload, key.signatureHeader(payload));
    const result = await ebayWebhooks.verify(delivery, newApp(), keyServer(answerOf(key)).http);
    expect(result).toMatchObject({ ok: true, accountId: "u", topic, occurredAt: null });
    expect(parseEbayEvent({ topic, payload })).toEqual([{ kind: "unreadable", reason }]);
  });

  test.each([undefined, "", "no base64", Buffer.from('{"kid":"../x"}').toString("base64")])(
    "header %j is refused without a call",
    async (header) => {
      const server = keyServer(null);
      expect(await ebayWebhooks.verify(request(body, header), newApp(), server.http)).toEqual(
        refused,
      );
      expect(server.calls).toEqual([]);
    },
  );

  test("a key is fetched once for deliveries at the same time and after", async () => {
    const key = createSigningKey(null);
    const server = keyServer(answerOf(key));
    const app = newApp();
    const deliver = () =>
      ebayWebhooks.verify(request(body, key.signatureHeader(body)), app, server.http);
    const results = await Promise.all([deliver(), deliver(), deliver()]);
    expect([...results, await deliver()].every((result) => result.ok)).toBe(true);
    expect(server.calls).toHaveLength(2);
  });

  test("an unknown kid is asked for once a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const key = createSigningKey(null);
      const server = keyServer(null);
      const app = newApp();
      const deliver = () =>
        ebayWebhooks.verify(request(body, key.signatureHeader(body)), app, server.http);
      for (let count = 0; count < 5; count += 1) expect(await deliver()).toEqual(refused);
      expect(server.keyCalls()).toBe(1);
      vi.setSystemTime(Date.now() + 61_000);
      await deliver();
      expect(server.keyCalls()).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a flood of invented kids reaches eBay 30 times a minute; known keys go on", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      vi.setSystemTime(Date.now() + 120_000);
      const key = createSigningKey(null);
      const app = newApp();
      const known = keyServer(answerOf(key));
      const genuine = request(body, key.signatureHeader(body));
      expect((await ebayWebhooks.verify(genuine, app, known.http)).ok).toBe(true);
      const server = keyServer(null);
      for (let count = 0; count < 300; count += 1) {
        const header = { kid: `fake-${String(count)}`, signature: "AAAA" };
        const text = Buffer.from(JSON.stringify(header)).toString("base64");
        await ebayWebhooks.verify(request(body, text), app, server.http);
      }
      expect(server.keyCalls()).toBeLessThanOrEqual(30);
      // An hour later the key is due: eBay is silent, so the known one goes on.
      vi.setSystemTime(Date.now() + 3_601_000);
      const silent: typeof fetch = () => Promise.reject(new TypeError("fetch failed"));
      expect((await ebayWebhooks.verify(genuine, app, silent)).ok).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test("the challenge of specs/signature-test-vectors.json", () => {
    const url = new URL(
      "http://127.0.0.1/webhooks/ebay?challenge_code=a8628072-3d33-45ee-9004-bee86830a22d",
    );
    const answer = ebayWebhooks.challenge?.(url, newApp());
    expect(answer?.status).toBe(200);
    expect(JSON.parse(answer?.body ?? "")).toEqual({
      challengeResponse: "a1d8c12dc8f31594e78e3f2c7032c34746144c28ffbdee1cd9cbd4fd2fc618c6",
    });
    const other = new URL("http://127.0.0.1/webhooks/ebay");
    expect(ebayWebhooks.challenge?.(other, newApp())).toBeNull();
  });
});
