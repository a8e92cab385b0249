import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { createSigningKey } from "./signing-key.ts";

const body = '{"metadata":{"topic":"ORDER_CONFIRMATION"}}';

function verifies(publicKeyText: string, header: string, content: string): boolean {
  const parsed = JSON.parse(Buffer.from(header, "base64").toString()) as { signature: string };
  const der = publicKeyText.replace(/-----[A-Z ]+-----/g, "");
  const key = createPublicKey({ key: Buffer.from(der, "base64"), format: "der", type: "spki" });
  return verify("sha1", Buffer.from(content), key, Buffer.from(parsed.signature, "base64"));
}

test("the public key, given without line breaks, verifies the header and nothing else", () => {
  const key = createSigningKey(null);
  expect(key.publicKeyText).not.toContain("\n");
  const header = key.signatureHeader(body);
  expect(verifies(key.publicKeyText, header, body)).toBe(true);
  expect(verifies(key.publicKeyText, header, `${body} `)).toBe(false);
});

test("a saved key comes back with its kid", () => {
  const key = createSigningKey(null);
  const restored = createSigningKey(key.snapshot());
  expect(restored.kid).toBe(key.kid);
  expect(verifies(key.publicKeyText, restored.signatureHeader(body), body)).toBe(true);
});
