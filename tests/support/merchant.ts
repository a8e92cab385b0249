import { db } from "#app/db/client.server.ts";
import { installShop } from "#app/services/shops/install-shop.ts";
import { demoAccounts } from "#sandbox/catalogue.ts";
import { imported } from "#scripts/demo-merchant.ts";
import { emptyTables, signIn } from "./seeded-world.ts";

/** A shop that has just installed the app and whose catalogue came in from Shopify. */
export async function freshShop(
  sandboxUrl: string,
): Promise<{ readonly shopId: string; readonly shopifyId: string }> {
  await emptyTables();
  const { shopId } = await installShop({ domain: demoAccounts.shopify });
  await signIn(sandboxUrl, demoAccounts.shopify);
  const shopify = await db().connection.findFirstOrThrow({ where: { shopId } });
  await imported(shopId, shopify.id);
  return { shopId, shopifyId: shopify.id };
}
