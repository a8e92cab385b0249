import { db, inTransaction } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { newId } from "#app/lib/ids.ts";
import { seal } from "#app/lib/secret-box.ts";
import { uninstalled } from "#app/services/connections/revoke-connection.ts";
import { startImport } from "#app/services/imports/start-import.ts";
import { forgetShops } from "./find-shop.ts";

/**
 * Makes a shop a tenant, or brings back one that had left: its ledger, its Shopify connection. Any number of
 * calls, at the same time too, end in the same state.
 */
export async function installShop(input: { domain: string }): Promise<{ shopId: string }> {
  const { domain } = input;
  const shopId = await inTransaction(async (tx) => {
    // Two loaders of the app's first page install side by side: the second one finds the first one's row.
    await tx.shop.createMany({ data: { id: newId(), domain }, skipDuplicates: true });
    const shop = await tx.shop.findUniqueOrThrow({ where: { domain } });
    await tx.shop.updateMany({
      where: { id: shop.id, status: "uninstalled" },
      data: { status: "installed", uninstalledAt: null, installedAt: new Date() },
    });
    await tx.ledgerHead.createMany({ data: { shopId: shop.id }, skipDuplicates: true });
    await tx.connection.createMany({
      data: {
        shopId: shop.id,
        id: newId(),
        channel: "shopify",
        accountId: domain,
        label: "Shopify",
        secrets: seal("{}", env().ENCRYPTION_KEY),
      },
      skipDuplicates: true,
    });
    return shop.id;
  });
  await resumeConnections(shopId);
  await importOnce(shopId);
  forgetShops();
  return { shopId };
}

/** The shop's own listings are its catalogue: read once when it comes, and again whenever somebody asks. */
async function importOnce(shopId: string): Promise<void> {
  const shopify = await db().connection.findFirst({
    where: { shopId, channel: "shopify" },
    select: { id: true },
  });
  if (!shopify) return;
  const runs = await db().importRun.count({ where: { shopId, connectionId: shopify.id } });
  if (runs === 0) await startImport(shopId, shopify.id);
}

/**
 * Connections that paused because the shop had left go on, and so does Shopify's own, which pauses only for want of
 * access. Nobody knows what they show by now: Shopify is read, the others are written.
 */
async function resumeConnections(shopId: string): Promise<void> {
  const paused = await db().connection.findMany({
    where: {
      shopId,
      status: "paused",
      OR: [{ channel: "shopify" }, { pausedReason: uninstalled }],
    },
    select: { id: true, channel: true },
  });
  const now = new Date();
  for (const { id, channel } of paused) {
    await db().connection.update({
      where: { shopId_id: { shopId, id } },
      data: { status: "active", pausedReason: null, nextAttemptAt: null, outageCount: 0 },
    });
    await db().listing.updateMany({
      where: { shopId, connectionId: id },
      data:
        channel === "shopify"
          ? { readDueAt: now }
          : { expectedQty: null, nextAttemptAt: now, dueSince: now },
    });
  }
}
