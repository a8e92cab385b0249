import { createHmac } from "node:crypto";

/**
 * The secret of a connection's own webhook address: 64 hexadecimal digits, the same at every call and known to nobody
 * who lacks the app's key. Derived, so that a delivery is verified without reading the database.
 * @param key the app's encryption key, base64
 */
export function doorSecretOf(key: string, connectionId: string): string {
  return createHmac("sha256", Buffer.from(key, "base64"))
    .update(`webhook-door ${connectionId}`)
    .digest("hex");
}
