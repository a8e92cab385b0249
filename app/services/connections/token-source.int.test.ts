import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelFault, type FreshToken } from "#app/channels/contract.ts";
import { closeDb, db } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { newId } from "#app/lib/ids.ts";
import { open } from "#app/lib/secret-box.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { shopOnAmazon, type ShopOnAmazon } from "#tests/support/shop.ts";
import { readSecrets, tokenSource } from "./token-source.ts";

type TokenModule = typeof import("./token-source.ts");

/** The other process: modules of its own, so memory and database connections of its own. */
let twin: TokenModule & { closeDb: () => Promise<void> };
let shop: ShopOnAmazon;

beforeEach(async () => {
  shop = await shopOnAmazon(["A"]);
  if (twin) return;
  vi.resetModules();
  const client = await import("#app/db/client.server.ts");
  twin = { ...(await import("./token-source.ts")), closeDb: client.closeDb };
  expect(twin.tokenSource).not.toBe(tokenSource);
});
afterAll(async () => {
  await twin.closeDb();
  await closeQueues();
  await closeDb();
});

const holder = () => {
  const { shopId, amazonId: id, seller: accountId } = shop;
  return { shopId, id, channel: "amazon", accountId };
};

const hourMs = 3_600_000;

/** A platform's sign-in that counts, rotates, and asks the database something on the way, as the real one does. */
function signIn(lifeMs = hourMs) {
  const seen: unknown[] = [];
  const refresh = async (secrets: unknown): Promise<FreshToken<unknown>> => {
    seen.push(secrets);
    const number = seen.length;
    // The rate limiter takes its token from Postgres, over a connection of the same pool.
    await db().rateBucket.count();
    return {
      accessToken: `access-${number}`,
      expiresAt: new Date(Date.now() + lifeMs),
      secrets: { refreshToken: `refresh-${number + 1}` },
    };
  };
  return { refresh, seen };
}

async function row() {
  const { shopId, id } = holder();
  return await db().connection.findUniqueOrThrow({ where: { shopId_id: { shopId, id } } });
}

describe("tokenSource", () => {
  it("20 calls at once without a token make one refresh, and all get its token", async () => {
    const { refresh, seen } = signIn();
    const source = tokenSource(holder());
    const tokens = await Promise.all(Array.from({ length: 20 }, () => source.accessToken(refresh)));
    expect(seen).toEqual([{ refreshToken: "refresh-1" }]);
    expect(new Set(tokens)).toEqual(new Set(["access-1"]));
  });

  it("many connections at once that all need a refresh do not wait for each other in a circle", async () => {
    const shops = await Promise.all(Array.from({ length: 16 }, () => shopOnAmazon(["A"])));
    const { refresh, seen } = signIn();
    const startedAtMs = Date.now();
    await Promise.all(
      shops.map(({ shopId, amazonId: id, seller: accountId }) =>
        tokenSource({ shopId, id, channel: "amazon", accountId }).accessToken(refresh),
      ),
    );
    expect(seen).toHaveLength(16);
    // Far below the time after which a transaction that waits is given up.
    expect(Date.now() - startedAtMs).toBeLessThan(10_000);
  });

  it("two processes at once make one refresh: the lock is in the database", async () => {
    const { refresh, seen } = signIn();
    const tokens = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? tokenSource : twin.tokenSource)(holder()).accessToken(refresh),
      ),
    );
    expect(seen).toHaveLength(1);
    expect(new Set(tokens)).toEqual(new Set(["access-1"]));
  });

  it("an expired token is refreshed once by both, with the secrets the platform rotated to", async () => {
    const first = signIn(30_000);
    await tokenSource(holder()).accessToken(first.refresh);
    const second = signIn();
    await Promise.all(
      [tokenSource, twin.tokenSource].map((source) => source(holder()).accessToken(second.refresh)),
    );
    expect(second.seen).toEqual([{ refreshToken: "refresh-2" }]);
  });

  it("stores token and rotated secrets together, encrypted", async () => {
    const { refresh } = signIn();
    await tokenSource(holder()).accessToken(refresh);
    const stored = await row();
    expect(stored.accessToken).not.toContain("access-1");
    expect(stored.secrets).not.toContain("refresh-2");
    const key = env().ENCRYPTION_KEY;
    expect(open(stored.accessToken ?? "", key)).toBe("access-1");
    expect(await readSecrets(holder())).toEqual({ refreshToken: "refresh-2" });
  });

  it("a refresh that fails stores nothing, and the next call tries again", async () => {
    const revoked = new ChannelFault({ kind: "revoked", message: "consent is gone" });
    const source = tokenSource(holder());
    await expect(source.accessToken(() => Promise.reject(revoked))).rejects.toBe(revoked);
    expect((await row()).accessToken).toBe(null);
    const { refresh } = signIn();
    expect(await source.accessToken(refresh)).toBe("access-1");
  });

  it("a failed refresh fails the calls that waited for it or lets them try; none hangs", async () => {
    let tries = 0;
    const refresh = () => {
      tries += 1;
      return Promise.reject(new ChannelFault({ kind: "unavailable", message: "down" }));
    };
    const source = tokenSource(holder());
    const answers = await Promise.allSettled(
      Array.from({ length: 5 }, () => source.accessToken(refresh)),
    );
    expect(answers.map(({ status }) => status)).toEqual(new Array(5).fill("rejected"));
    expect(tries).toBeGreaterThan(0);
  });

  it("a token that the platform refused is thrown away, here and in the other process", async () => {
    const { refresh, seen } = signIn();
    const [here, there] = [tokenSource(holder()), twin.tokenSource(holder())];
    const refused = await here.accessToken(refresh);
    expect(await there.accessToken(refresh)).toBe(refused);
    await here.discard(refused);
    expect(await here.accessToken(refresh)).toBe("access-2");
    // The other one still remembers the old token until the platform refuses it there too.
    await there.discard(refused);
    expect(await there.accessToken(refresh)).toBe("access-2");
    expect(seen).toHaveLength(2);
  });

  it("20 calls whose token was refused at the same time make one refresh", async () => {
    const { refresh, seen } = signIn();
    const source = tokenSource(holder());
    const refused = await source.accessToken(refresh);
    const tokens: string[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        // Their answers come one after the other: some after the new token is there already.
        for (let turn = 0; turn < index; turn += 1) await db().rateBucket.count();
        await source.discard(refused);
        tokens.push(await source.accessToken(refresh));
      }),
    );
    expect(seen).toHaveLength(2);
    expect(new Set(tokens)).toEqual(new Set(["access-2"]));
  });
});

describe("tokenSource of Shopify", () => {
  const shopify = () => {
    const { shopId, shopifyId: id, domain: accountId } = shop;
    return { shopId, id, channel: "shopify", accountId };
  };

  async function session(change: object = {}) {
    await db().session.create({
      data: {
        ...{ id: `offline_${shop.domain}`, shop: shop.domain, state: newId() },
        ...{ accessToken: "shpat_1", refreshToken: "refresh-1" },
        expires: new Date(Date.now() + hourMs),
        ...change,
      },
    });
  }

  it("uses the session that Shopify's own library keeps", async () => {
    await session();
    const { refresh, seen } = signIn();
    expect(await tokenSource(shopify()).accessToken(refresh)).toBe("shpat_1");
    expect(seen).toEqual([]);
  });

  it("refreshes an expired session once and stores both rotated tokens in it", async () => {
    await session({ expires: new Date(Date.now() - 1) });
    const { refresh, seen } = signIn();
    const source = tokenSource(shopify());
    await Promise.all(Array.from({ length: 20 }, () => source.accessToken(refresh)));
    expect(seen).toEqual([{ refreshToken: "refresh-1" }]);
    const stored = await db().session.findFirstOrThrow({ where: { shop: shop.domain } });
    expect(stored).toMatchObject({ accessToken: "access-1", refreshToken: "refresh-2" });
  });

  it("a refusal because the merchant's own visit rotated the token meanwhile is no lost consent", async () => {
    await session({ expires: new Date(Date.now() - 1) });
    const refused = vi.fn(async (): Promise<FreshToken<unknown>> => {
      await db().session.update({
        where: { id: `offline_${shop.domain}` },
        data: { accessToken: "shpat_2", refreshToken: "r", expires: new Date(Date.now() + hourMs) },
      });
      throw new ChannelFault({ kind: "revoked", message: "This request requires an active token" });
    });
    expect(await tokenSource(shopify()).accessToken(refused)).toBe("shpat_2");
    expect(refused).toHaveBeenCalledTimes(1);
  });

  it("a session that an uninstall took away while it was refreshed is not made again", async () => {
    await session({ expires: new Date(Date.now() - 1) });
    await tokenSource(shopify()).accessToken(async () => {
      await db().session.deleteMany({ where: { shop: shop.domain } });
      return { accessToken: "late", expiresAt: new Date(Date.now() + hourMs), secrets: {} };
    });
    expect(await db().session.count({ where: { shop: shop.domain } })).toBe(0);
  });

  it("keeps when the rotated refresh token ends", async () => {
    await session({ expires: new Date(Date.now() - 1) });
    const refreshTokenUntil = "2027-02-25T10:00:00.000Z";
    await tokenSource(shopify()).accessToken(() =>
      Promise.resolve({
        ...{ accessToken: "next", expiresAt: new Date(Date.now() + hourMs) },
        secrets: { refreshToken: "refresh-2", refreshTokenUntil },
      }),
    );
    const stored = await db().session.findFirstOrThrow({ where: { shop: shop.domain } });
    expect(stored.refreshTokenExpires?.toISOString()).toBe(refreshTokenUntil);
  });

  it("a token without an end is used as it is", async () => {
    await session({ expires: null, refreshToken: null });
    const { refresh, seen } = signIn();
    expect(await tokenSource(shopify()).accessToken(refresh)).toBe("shpat_1");
    expect(seen).toEqual([]);
  });

  it("no session is a revoked access, in words", async () => {
    await expect(tokenSource(shopify()).accessToken(signIn().refresh)).rejects.toMatchObject({
      fault: { kind: "revoked", message: expect.stringContaining("open Lockstep") },
    });
  });

  it("a late refusal of an old token does not throw away the new one", async () => {
    await session();
    const { refresh, seen } = signIn();
    const source = tokenSource(shopify());
    await source.discard("shpat_1");
    expect(await source.accessToken(refresh)).toBe("access-1");
    await source.discard("shpat_1");
    expect(await source.accessToken(refresh)).toBe("access-1");
    expect(seen).toHaveLength(1);
  });
});
