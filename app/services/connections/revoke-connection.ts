import { db } from "#app/db/client.server.ts";
import { logger } from "#app/lib/logger.ts";
import { forgetShops } from "#app/services/shops/find-shop.ts";

/** Why all connections of a shop pause that removed the app. */
export const uninstalled = "uninstalled";

/**
 * The merchant took our access away. A marketplace connection pauses until it is connected again; on Shopify the
 * shop has left, and its sessions go, unless it was installed again after the event happened.
 */
export async function revokeConnection(input: {
  readonly shopId: string;
  readonly connectionId: string;
  readonly reason: string;
  /** When it happened, by the platform's clock: events arrive out of order. */
  readonly at: Date;
}): Promise<void> {
  const { shopId, connectionId, reason, at } = input;
  const connection = await db().connection.findUnique({
    where: { shopId_id: { shopId, id: connectionId } },
  });
  if (!connection) return;
  const isShopify = connection.channel === "shopify";
  if (isShopify) {
    const left = await db().shop.updateMany({
      where: { id: shopId, installedAt: { lte: at } },
      data: { status: "uninstalled", uninstalledAt: at },
    });
    if (left.count === 0) return;
    await db().session.deleteMany({ where: { shop: connection.accountId } });
  }
  // A shop that left is served nowhere; a marketplace that revoked its own access, only there.
  await db().connection.updateMany({
    where: { shopId, status: "active", ...(isShopify ? {} : { id: connectionId }) },
    data: { status: "paused", pausedReason: isShopify ? uninstalled : reason },
  });
  logger.warn({ shopId, connectionId, reason }, "a connection was revoked");
  forgetShops();
}
