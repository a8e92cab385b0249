import { afterAll, expect, it } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { findConnections } from "#app/services/shops/find-shop.ts";
import { installShop } from "#app/services/shops/install-shop.ts";
import { shopOnAmazon, type ShopOnAmazon } from "#tests/support/shop.ts";
import { revokeConnection } from "./revoke-connection.ts";

afterAll(async () => {
  await closeQueues();
  await closeDb();
});

async function withSession(): Promise<ShopOnAmazon> {
  const shop = await shopOnAmazon(["A"]);
  const { domain } = shop;
  await db().session.create({
    data: { id: `offline_${domain}`, shop: domain, state: "", accessToken: "t" },
  });
  return shop;
}

const statusOf = async (id: string) => {
  const { status, pausedReason } = await db().connection.findFirstOrThrow({ where: { id } });
  return { status, pausedReason };
};

it("a marketplace pauses with the reason; the shop and its other connections go on", async () => {
  const { shopId, amazonId, ebayId, domain } = await withSession();
  const reason = "The seller took the app's access away.";
  await revokeConnection({ shopId, connectionId: amazonId, reason, at: new Date() });
  expect(await statusOf(amazonId)).toEqual({ status: "paused", pausedReason: reason });
  expect(await statusOf(ebayId)).toMatchObject({ status: "active" });
  expect(await findConnections("shopify", domain)).toMatchObject([{ installed: true }]);
});

it("on Shopify the shop has left: its sessions are gone and its late events unknown", async () => {
  const { shopId, shopifyId, domain } = await withSession();
  await revokeConnection({ shopId, connectionId: shopifyId, reason: "r", at: new Date() });
  expect(await findConnections("shopify", domain)).toMatchObject([{ installed: false }]);
  expect(await db().session.count({ where: { shop: domain } })).toBe(0);
  expect(await statusOf(shopifyId)).toEqual({ status: "paused", pausedReason: "uninstalled" });
});

it("a late 'uninstalled' of a shop that is back changes nothing", async () => {
  const { shopId, shopifyId, domain } = await withSession();
  const at = new Date(Date.now() - 60_000);
  await installShop({ domain });
  await revokeConnection({ shopId, connectionId: shopifyId, reason: "r", at });
  expect(await findConnections("shopify", domain)).toMatchObject([{ installed: true }]);
  expect(await db().session.count({ where: { shop: domain } })).toBe(1);
});

it("a connection of another shop, or none, is not touched (Apart)", async () => {
  const [mine, other] = [await withSession(), await withSession()];
  const { shopId } = mine;
  await revokeConnection({ shopId, connectionId: other.amazonId, reason: "r", at: new Date() });
  expect(await statusOf(other.amazonId)).toMatchObject({ status: "active" });
});
