import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** HMAC-SHA-256 of `data` under `key`, as lower-case hex or as padded base64. */
export function hmacSha256(
  key: string | Buffer,
  data: string | Buffer,
  encoding: "hex" | "base64",
): string {
  return createHmac("sha256", key).update(data).digest(encoding);
}

/**
 * Whether two signatures are the same text, in time that does not depend on where they differ.
 * Both are hashed first, so that differing lengths take the same path.
 */
export function sameSignature(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
