import { db } from "#app/db/client.server.ts";

/**
 * The channel no longer accepts our access: the connection pauses, with the channel's words, until the merchant
 * connects it again. Those that live on the same consent pause with it.
 */
export async function pauseForFault(
  { shopId, connectionId }: { readonly shopId: string; readonly connectionId: string },
  reason: string,
): Promise<void> {
  const row = await db().connection.findUnique({
    where: { shopId_id: { shopId, id: connectionId } },
    select: { tokenHolderId: true },
  });
  if (!row) return;
  const keeper = row.tokenHolderId ?? connectionId;
  await db().connection.updateMany({
    where: { shopId, status: "active", OR: [{ id: keeper }, { tokenHolderId: keeper }] },
    data: { status: "paused", pausedReason: reason },
  });
}
