import { inTransaction, type Database } from "#app/db/client.server.ts";
import { forgetSession } from "#app/services/connections/open-session.ts";
import { forgetTokens, lockTokens, refreshMsMax } from "#app/services/connections/token-source.ts";
import { forgetShops } from "#app/services/shops/find-shop.ts";

/**
 * Ends a connection: its secrets and listings go, its listings at the channel stay as they are. What it did to stock
 * stays in the ledger, and so do its orders. Shopify's own ends with the app's removal, never here.
 * @returns false when there is no such connection
 */
export async function disconnect(shopId: string, connectionId: string): Promise<boolean> {
  const ended = await inTransaction(async (tx) => {
    const row = await tx.connection.findUnique({
      where: { shopId_id: { shopId, id: connectionId } },
    });
    if (!row || row.channel === "shopify") return null;
    const heirs = await handTokensOn(tx, shopId, connectionId);
    const own = { shopId, connectionId };
    await tx.bulkJob.deleteMany({ where: own });
    await tx.importRun.deleteMany({ where: own });
    await tx.$executeRaw`
      DELETE FROM match_suggestion m USING listing l
      WHERE m.shop_id = ${shopId}::uuid AND l.shop_id = m.shop_id AND l.id = m.listing_id
        AND l.connection_id = ${connectionId}::uuid`;
    await tx.listing.deleteMany({ where: own });
    await tx.inboundEvent.deleteMany({ where: { ...own, status: { in: ["ready", "hint"] } } });
    await tx.connection.delete({ where: { shopId_id: { shopId, id: connectionId } } });
    // A page of an import may have been stored since; after the connection's own end none comes any more.
    await tx.listing.deleteMany({ where: own });
    return { heirs };
  }, refreshMsMax);
  // A session of theirs that is still open would look for its tokens in the row that has gone.
  for (const id of [connectionId, ...(ended?.heirs ?? [])]) forgetSession(id);
  forgetTokens(connectionId);
  forgetShops();
  return ended !== null;
}

/** Others of the same consent live on its tokens: the first of them becomes their home. @returns all of them */
async function handTokensOn(
  tx: Database,
  shopId: string,
  connectionId: string,
): Promise<readonly string[]> {
  await lockTokens(tx, connectionId);
  const [heir, ...others] = await tx.connection.findMany({
    where: { shopId, tokenHolderId: connectionId },
    orderBy: { id: "asc" },
    select: { id: true },
  });
  if (!heir) return [];
  const { secrets, accessToken, accessTokenUntil } = await tx.connection.findUniqueOrThrow({
    where: { shopId_id: { shopId, id: connectionId } },
  });
  await tx.connection.update({
    where: { shopId_id: { shopId, id: heir.id } },
    data: { tokenHolderId: null, secrets, accessToken, accessTokenUntil },
  });
  await tx.connection.updateMany({
    where: { shopId, id: { in: others.map(({ id }) => id) } },
    data: { tokenHolderId: heir.id },
  });
  return [heir, ...others].map(({ id }) => id);
}
