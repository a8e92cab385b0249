import { afterAll, expect, it } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { findConnections, findShop, forgetShops } from "./find-shop.ts";
import { installShop } from "./install-shop.ts";

afterAll(closeDb);

const someDomain = () => `shop-${newId()}.myshopify.com`;

it("installing makes a tenant with a ledger and its Shopify connection", async () => {
  const domain = someDomain();
  const { shopId } = await installShop({ domain });
  expect(await findShop(domain)).toEqual({ id: shopId, domain, status: "installed" });
  expect(await db().ledgerHead.findUnique({ where: { shopId } })).toMatchObject({ seq: 0n });
  const [connection] = await db().connection.findMany({ where: { shopId } });
  expect(connection).toMatchObject({ channel: "shopify", accountId: domain, status: "active" });
  expect(await findConnections("shopify", domain)).toEqual([
    {
      ...{ shopId, connectionId: connection?.id, installed: true },
    },
  ]);
});

it("ten installations at the same time are one", async () => {
  const domain = someDomain();
  const made = await Promise.all(Array.from({ length: 10 }, () => installShop({ domain })));
  expect(new Set(made.map(({ shopId }) => shopId)).size).toBe(1);
  expect(await db().connection.count({ where: { accountId: domain } })).toBe(1);
});

it("coming back keeps the ledger and wakes the paused connection", async () => {
  const domain = someDomain();
  const { shopId } = await installShop({ domain });
  await db().ledgerHead.update({ where: { shopId }, data: { seq: 7 } });
  const left = { status: "uninstalled", uninstalledAt: new Date() };
  await db().shop.update({ where: { id: shopId }, data: left });
  await db().connection.updateMany({ where: { shopId }, data: { status: "paused" } });
  expect(await installShop({ domain })).toEqual({ shopId });
  const shop = await db().shop.findUniqueOrThrow({ where: { id: shopId } });
  expect(shop).toMatchObject({ status: "installed", uninstalledAt: null });
  expect(await db().ledgerHead.findUnique({ where: { shopId } })).toMatchObject({ seq: 7n });
  expect(await db().connection.count({ where: { shopId, status: "active" } })).toBe(1);
});

it("an account nobody connected is unknown, and is found as soon as it is connected", async () => {
  const domain = someDomain();
  expect(await findShop(domain)).toBe(null);
  expect(await findConnections("shopify", domain)).toEqual([]);
  const { shopId } = await installShop({ domain });
  expect(await findConnections("shopify", domain)).toMatchObject([{ shopId, installed: true }]);
});

it("what was found is remembered, until it is to be forgotten", async () => {
  const domain = someDomain();
  const { shopId } = await installShop({ domain });
  await findConnections("shopify", domain);
  await db().shop.update({ where: { id: shopId }, data: { status: "uninstalled" } });
  expect(await findConnections("shopify", domain)).toMatchObject([{ installed: true }]);
  forgetShops();
  expect(await findConnections("shopify", domain)).toMatchObject([{ installed: false }]);
});
