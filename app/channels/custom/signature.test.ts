import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  callPayload,
  isSigned,
  isTimely,
  keyOfSecret,
  readSignedHeaders,
  secretOfKey,
  signatureOf,
  toleranceMs,
} from "./signature.ts";

/** Computed with openssl, and written into the protocol's document: whoever implements it starts here. */
const vectors = [
  {
    id: "msg_1",
    payload: callPayload({
      method: "GET",
      target: "/orders?changedSince=2026-11-02T08%3A50%3A00.000Z&limit=100",
      body: "",
    }),
    written: "/orders?changedSince=2026-11-02T08%3A50%3A00.000Z&limit=100",
    signature: "v1,LBQQ8hY+wAanoUBtp2b4Ss2pRmh1ei+EX9Fk9XX8hsY=",
  },
  {
    id: "msg_2",
    payload: callPayload({
      method: "PUT",
      target: "/quantities",
      body: '{"items":[{"id":"01a19b7c-a680-7000-8000-000000000000","key":"TEE-1","sku":"TEE-1","quantity":7,"version":1793610000000}]}',
    }),
    written:
      '{"items":[{"id":"01a19b7c-a680-7000-8000-000000000000","key":"TEE-1","sku":"TEE-1","quantity":7,"version":1793610000000}]}',
    signature: "v1,F9vBHCgkzzY8DjYcYU1amf85AbP7/xEGHVos10kehOM=",
  },
  {
    id: "msg_3",
    payload:
      '{"type":"order.changed","timestamp":"2026-11-02T09:00:00Z","data":{"orderId":"1001"}}',
    written:
      '{"type":"order.changed","timestamp":"2026-11-02T09:00:00Z","data":{"orderId":"1001"}}',
    signature: "v1,jQ0643i/8rfYvh/nj6SVEG7NCGoI9Zjcfga/fEEoXUI=",
  },
] as const;
const secret = "whsec_dGhpcnR5LXR3byBieXRlcyBvZiBhIHNoYXJlZCBrZXk=";
const timestamp = "1793610000";

function keyOf(text: string): Buffer {
  const key = keyOfSecret(text);
  if (!key) throw new Error("no key");
  return key;
}

describe("known answers", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/custom-channel.md"), "utf8");
  test.each(vectors)("$id", ({ id, payload, signature, written }) => {
    expect(signatureOf(keyOf(secret), { id, timestamp, payload })).toBe(signature);
    for (const text of [secret, timestamp, `\`${id}\``, signature, written]) {
      expect(page).toContain(text);
    }
  });
});

test("a secret is whsec_ and 24 to 64 bytes in base64", () => {
  for (const length of [24, 32, 64]) {
    const key = Buffer.alloc(length, 7);
    expect(keyOfSecret(secretOfKey(key))).toEqual(key);
  }
  for (const wrong of ["", "whsec_", "secret", secret.slice(6), `${secret}!`]) {
    expect(keyOfSecret(wrong)).toBeNull();
  }
  for (const length of [0, 23, 65]) {
    expect(keyOfSecret(secretOfKey(Buffer.alloc(length)))).toBeNull();
  }
});

const [, , event] = vectors;
const headers = {
  "webhook-id": event.id,
  "webhook-timestamp": timestamp,
  "webhook-signature": event.signature,
};

test("one of several signatures is enough, whichever it is", () => {
  const other = signatureOf(Buffer.alloc(32), { ...event, timestamp });
  for (const given of [`${other} ${event.signature}`, `${event.signature} ${other}`]) {
    const read = readSignedHeaders({ ...headers, "webhook-signature": given });
    expect(read && isSigned(keyOf(secret), read, Buffer.from(event.payload))).toBe(true);
  }
  const read = readSignedHeaders({ ...headers, "webhook-signature": other });
  expect(read && isSigned(keyOf(secret), read, Buffer.from(event.payload))).toBe(false);
});

test("another version, and the signature without its version, are none", () => {
  for (const given of [event.signature.replace("v1,", "v1a,"), event.signature.slice(3)]) {
    const read = readSignedHeaders({ ...headers, "webhook-signature": given });
    expect(read && isSigned(keyOf(secret), read, Buffer.from(event.payload))).toBe(false);
  }
});

test.each([
  ["no id", { "webhook-id": undefined }],
  ["an empty id", { "webhook-id": "" }],
  ["no time", { "webhook-timestamp": undefined }],
  ["a time in words", { "webhook-timestamp": "today" }],
  ["a negative time", { "webhook-timestamp": "-1793610000" }],
  ["no signature", { "webhook-signature": "" }],
  ["endless headers", { "webhook-signature": "v1,".padEnd(5_000, "x ") }],
])("%s is not looked at", (_, change) => {
  expect(readSignedHeaders({ ...headers, ...change })).toBeNull();
});

test("a message is timely within the tolerance, both ways", () => {
  const read = readSignedHeaders(headers);
  const atMs = Number(timestamp) * 1_000;
  const timelyAt = (nowMs: number) => read !== null && isTimely(read, nowMs);
  for (const offMs of [0, toleranceMs, -toleranceMs]) expect(timelyAt(atMs + offMs)).toBe(true);
  for (const offMs of [toleranceMs + 1, -toleranceMs - 1]) {
    expect(timelyAt(atMs + offMs)).toBe(false);
  }
});

test("a signature for one call opens no other", () => {
  const call = { method: "PUT", target: "/quantities", body: "{}" };
  const sign = (changed: object) =>
    signatureOf(keyOf(secret), {
      id: "msg_1",
      timestamp,
      payload: callPayload({ ...call, ...changed }),
    });
  const all = [{}, { method: "POST" }, { target: "/prices" }, { body: "{ }" }].map(sign);
  expect(new Set(all).size).toBe(all.length);
});
