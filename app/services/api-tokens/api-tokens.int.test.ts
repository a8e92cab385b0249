import { afterAll, expect, it } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { installShop } from "#app/services/shops/install-shop.ts";
import { createApiToken } from "./create-api-token.ts";
import { verifyApiToken } from "./verify-api-token.ts";

afterAll(closeDb);

async function tokenOfNewShop() {
  const { shopId } = await installShop({ domain: `shop-${newId()}.myshopify.com` });
  return { shopId, ...(await createApiToken({ shopId, name: "test" })) };
}

it("knows whose token it is and stores only its hash", async () => {
  const { shopId, token } = await tokenOfNewShop();
  expect(await verifyApiToken(token)).toEqual({ shopId });
  const stored = JSON.stringify(await db().apiToken.findMany({ where: { shopId } }));
  expect(stored).not.toContain(token);
});

it("refuses unknown, changed, overlong and empty tokens", async () => {
  const { token } = await tokenOfNewShop();
  for (const wrong of [`${token}x`, token.slice(0, -1), token.toUpperCase(), "", "x".repeat(500)]) {
    expect(await verifyApiToken(wrong)).toBeNull();
  }
});

it("refuses a revoked token and those of a shop that left", async () => {
  const revoked = await tokenOfNewShop();
  await db().apiToken.updateMany({
    where: { shopId: revoked.shopId },
    data: { revokedAt: new Date() },
  });
  expect(await verifyApiToken(revoked.token)).toBeNull();
  const left = await tokenOfNewShop();
  await db().shop.update({ where: { id: left.shopId }, data: { status: "uninstalled" } });
  expect(await verifyApiToken(left.token)).toBeNull();
});
