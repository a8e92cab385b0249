import { db } from "#app/db/client.server.ts";
import { tokenHash } from "./token-hash.ts";

/** A longer text is no token of ours; it is not even hashed. */
const tokenLengthMax = 128;

/** Whose token this is, or null when it is unknown, revoked, or of a shop that removed the app. */
export async function verifyApiToken(token: string): Promise<{ shopId: string } | null> {
  if (token.length === 0 || token.length > tokenLengthMax) return null;
  const found = await db().apiToken.findUnique({ where: { hash: tokenHash(token) } });
  if (found?.revokedAt !== null) return null;
  const shop = await db().shop.findUnique({ where: { id: found.shopId } });
  return shop?.status === "installed" ? { shopId: shop.id } : null;
}
