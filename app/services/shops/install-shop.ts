import { db, inTransaction } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { newId } from "#app/lib/ids.ts";
import { seal } from "#app/lib/secret-box.ts";
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
  // Shopify's connection pauses only for want of access, and here is access.
  await db().connection.updateMany({
    where: { shopId, channel: "shopify", status: "paused" },
    data: { status: "active", pausedReason: null },
  });
  forgetShops();
  return { shopId };
}
