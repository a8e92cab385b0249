import { expect, test } from "vitest";
import { hmacSha256, sameSignature } from "./signature.ts";

test("HMAC-SHA-256 of the RFC 4231 example (case 2)", () => {
  expect(hmacSha256("Jefe", "what do ya want for nothing?", "hex")).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

test("signatures are the same only when every character is", () => {
  expect(sameSignature("abc=", "abc=")).toBe(true);
  expect(sameSignature("abc=", "abd=")).toBe(false);
  expect(sameSignature("abc=", "abc")).toBe(false);
  expect(sameSignature("", "")).toBe(true);
});
