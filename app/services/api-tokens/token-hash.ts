import { createHash } from "node:crypto";

/**
 * What is stored of a token: SHA-256, hex. A token holds 256 random bits, so a slow hash would add
 * nothing, and looking it up by hash leaks no timing of the token itself.
 */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}
