import type { Session } from "@shopify/shopify-api";
import { PrismaSessionStorage } from "@shopify/shopify-app-session-storage-prisma";
import { db } from "#app/db/client.server.ts";

/** Lifetime of an expiring offline token (shopify.dev, "Offline access tokens"). */
const accessTokenLifetimeMs = 60 * 60 * 1000;

/**
 * Shopify's sessions in our database. A refresh answer without `expires_in` would be stored as a
 * token that never expires and is then never refreshed again (shopify-app-js #3400): such a token
 * gets the lifetime that Shopify documents.
 */
export class ShopifySessionStorage extends PrismaSessionStorage<ReturnType<typeof db>> {
  constructor() {
    super(db());
  }

  override storeSession(session: Session): Promise<boolean> {
    if (session.refreshToken !== undefined && session.expires === undefined) {
      session.expires = new Date(Date.now() + accessTokenLifetimeMs);
    }
    return super.storeSession(session);
  }
}
