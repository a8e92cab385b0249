import { expect, test } from "vitest";
import type { WebhookRequest } from "#app/channels/contract.ts";
import { keyOfDoor, signatureOf } from "./signature.ts";
import { customWebhooks, parseCustomEvent } from "./webhooks.ts";

const door = { url: "https://lockstep.example.com/webhooks/custom/1", secret: "ab".repeat(32) };
const receivedAt = new Date("2026-11-02T09:00:00Z");

function delivery(body: string, options: { readonly ageS?: number } = {}): WebhookRequest {
  const timestamp = String(receivedAt.getTime() / 1_000 - (options.ageS ?? 0));
  const rawBody = Buffer.from(body);
  const signature = signatureOf(keyOfDoor(door), { id: "msg_1", timestamp, payload: rawBody });
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": timestamp,
    "webhook-signature": signature,
  };
  return { rawBody, headers, receivedAt, url: door.url, door };
}

const verify = (request: WebhookRequest) => customWebhooks.verify(request, {}, fetch);
const hint = '{"type":"order.changed","timestamp":"2026-11-02T08:59:58Z","data":{"orderId":"1"}}';

test("the webhook-id is the key, the type the topic", async () => {
  expect(await verify(delivery(hint))).toEqual({
    ok: true,
    accountId: null,
    externalEventId: "msg_1",
    topic: "order.changed",
    occurredAt: "2026-11-02T08:59:58.000Z",
  });
});

test("old deliveries and those from the future are refused; five minutes and the way are not", async () => {
  for (const ageS of [0, 300, 330, -300])
    expect((await verify(delivery(hint, { ageS }))).ok).toBe(true);
  for (const ageS of [361, 3_600, -361]) {
    expect(await verify(delivery(hint, { ageS }))).toEqual({ ok: false, reason: "signature" });
  }
});

test("nothing is believed without a connection's own door", async () => {
  expect(await verify({ ...delivery(hint), door: null })).toEqual({
    ok: false,
    reason: "signature",
  });
});

test.each(["", "not JSON", "[]", '{"data":{}}', '{"type":7,"data":{}}'])(
  "%j is kept when it is signed, and becomes a dead letter",
  async (body) => {
    const verified = await verify(delivery(body));
    expect(verified).toMatchObject({ ok: true, topic: "unknown" });
    expect(parseCustomEvent({ topic: "unknown", payload: body })).toMatchObject([
      { kind: "unreadable" },
    ]);
  },
);

test("a type that only looks like one of an object's own is ignored", () => {
  for (const topic of ["constructor", "__proto__", "toString"]) {
    expect(parseCustomEvent({ topic, payload: hint })).toMatchObject([{ kind: "ignored" }]);
  }
});

test("a revocation without words has some", () => {
  const payload = '{"type":"connection.revoked","timestamp":0,"data":{}}';
  expect(parseCustomEvent({ topic: "connection.revoked", payload })).toEqual([
    { kind: "revoked", reason: "Your server ended the connection." },
  ]);
});

test("ids beyond 2^53 keep their digits", () => {
  const payload = '{"type":"order.changed","timestamp":0,"data":{"orderId":9007199254740993000}}';
  expect(parseCustomEvent({ topic: "order.changed", payload })).toEqual([
    { kind: "order-hint", orderId: "9007199254740993000" },
  ]);
});
