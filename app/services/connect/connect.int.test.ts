import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ConnectedAccount, FreshToken } from "#app/channels/contract.ts";
import { channelById } from "#app/channels/registry.ts";
import { db } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { newId } from "#app/lib/ids.ts";
import { open } from "#app/lib/secret-box.ts";
import { openSession } from "#app/services/connections/open-session.ts";
import { readSecrets, tokenSource } from "#app/services/connections/token-source.ts";
import { runImportNow } from "#app/services/imports/run-imports.ts";
import { propagateConnection } from "#app/services/propagation/propagate-connection.ts";
import { installShop } from "#app/services/shops/install-shop.ts";
import { bringLive, connectDemo, imported } from "#scripts/demo-merchant.ts";
import { platformsFound } from "#sandbox/found.generated.ts";
import { tapFetch } from "#tests/support/fetch-tap.ts";
import { freshShop } from "#tests/support/merchant.ts";
import { until } from "#tests/support/until.ts";
import { World } from "#tests/support/world.ts";
import { createAttempt, findAttempt } from "./connect-attempt.ts";
import { attemptOver, ConnectRefusal } from "./connect-refusal.ts";
import { disconnect } from "./disconnect.ts";
import { choicesOf, finishConnect, pickAccounts, type ConnectOutcome } from "./finish-connect.ts";
import { startConnect } from "./start-connect.ts";
import { readHandOver } from "./state-of.ts";
import { storeAccounts } from "./store-accounts.ts";

// A merchant signs in at the simulated platforms; what must not happen on the way is the subject here, the good ends
// are in tests/stories/connect.int.test.ts.

type Query = Record<string, string>;

let world: World;
let shopId: string;
let stopTapping = (): void => undefined;

beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterAll(() => world.stop());

beforeEach(async () => {
  world.sandbox.control.reset({ skus: 4, stock: 40 });
  world.sandbox.control.setFaults({ rateLimitFactor: 1_000 });
  ({ shopId } = await freshShop(world.sandbox.url));
});
afterEach(() => stopTapping());

/** What the demo merchant fills in for a channel. */
function demoValues(channelId: string): Query {
  const platform = platformsFound.find(({ id }) => id === channelId);
  return { ...platform?.demo.values?.({ sandboxUrl: world.sandbox.url }) };
}

interface Begin {
  readonly values?: Query;
  /** Connect this one again. */
  readonly connectionId?: string;
}

/** The merchant presses the button. @returns the platform's consent page */
async function consentPage(channelId: string, begin: Begin = {}): Promise<URL> {
  const values = begin.values ?? demoValues(channelId);
  const start = await startConnect({ shopId, channelId, ...begin, values });
  if (start.next !== "consent") throw new Error(`${channelId} asked for no consent`);
  return new URL(start.url);
}

/** The browser at the consent page. @returns what it comes back with */
async function answerConsent(page: URL, agree = true): Promise<Query> {
  if (!agree) page.searchParams.set("deny", "1");
  const answer = await fetch(page, { redirect: "manual" });
  expect(answer.status).toBe(302);
  return Object.fromEntries(new URL(answer.headers.get("location") ?? "").searchParams);
}

/** Consent given, not finished yet. */
async function consented(channelId: string, begin: Begin = {}): Promise<Query> {
  return await answerConsent(await consentPage(channelId, begin));
}

function finish(channelId: string, returned: Query): Promise<ConnectOutcome> {
  const parameter = channelById(channelId).connect?.stateParameter ?? "state";
  return finishConnect({ channelId, state: returned[parameter] ?? "", returned });
}

/** Connects an account again, by consent or by keys. */
async function connectAgain(channelId: string, connectionId: string): Promise<ConnectOutcome> {
  const values = demoValues(channelId);
  const start = await startConnect({ shopId, channelId, values, connectionId });
  if (start.next === "done") return start.outcome;
  return await finish(channelId, await answerConsent(new URL(start.url)));
}

async function refusalOf(work: Promise<unknown>): Promise<ConnectRefusal> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectRefusal);
  return error as ConnectRefusal;
}

/** All connections of all shops but Shopify's own, in full. */
const connections = () =>
  db().connection.findMany({ where: { channel: { not: "shopify" } }, orderBy: { id: "asc" } });

const rowOf = (id: string) =>
  db().connection.findUniqueOrThrow({ where: { shopId_id: { shopId, id } } });

/** A person works at a platform, outside its API. */
async function atPlatform(path: string, action: object): Promise<void> {
  const body = JSON.stringify(action);
  const answer = await fetch(`${world.sandbox.url}${path}`, { method: "POST", body });
  expect(answer.status).toBe(200);
}

const openSecondTiktokShop = () =>
  atPlatform("/tiktok-shop/seller-center", { do: "second-shop", on: true });

/** TikTok's consent for both shops, not picked yet. */
async function twoTiktokShops(): Promise<ConnectOutcome & { readonly kind: "choose" }> {
  await openSecondTiktokShop();
  const outcome = await finish("tiktok-shop", await consented("tiktok-shop"));
  if (outcome.kind !== "choose") throw new Error("one shop only");
  return outcome;
}

describe("a state that is not good is refused in words, and nothing is stored", () => {
  async function expectOver(channelId: string, returned: Query): Promise<void> {
    const before = await connections();
    const { message, field } = await refusalOf(finish(channelId, returned));
    expect({ message, field }).toEqual({ message: attemptOver, field: null });
    expect(await connections()).toEqual(before);
  }

  it("one that we never gave out", async () => {
    const returned = await consented("ebay");
    await expectOver("ebay", { ...returned, state: "made-up" });
    await expectOver("ebay", { ...returned, state: "" });
    const attempt = await db().connectAttempt.findFirstOrThrow();
    await expectOver("ebay", { ...returned, state: attempt.stateHash });
  });

  it("one that was used", async () => {
    const returned = await consented("ebay");
    expect(await finish("ebay", returned)).toMatchObject({ kind: "connected" });
    await expectOver("ebay", returned);
    const { code = "" } = await consented("ebay");
    await expectOver("ebay", { ...returned, code });
  });

  it("one that is too old", async () => {
    const returned = await consented("ebay");
    await db().connectAttempt.updateMany({ data: { expiresAt: new Date(Date.now() - 1) } });
    await expectOver("ebay", returned);
  });

  it("one of another channel", async () => {
    const { state = "" } = await consented("ebay");
    const amazon = await consented("amazon");
    await expectOver("amazon", { ...amazon, state });
  });

  it("keys that are handed over for no sign-in are taken by nobody", async () => {
    const { state = "" } = await consented("ebay");
    const keys = { key_id: 1, consumer_key: "ck_1", consumer_secret: "cs_1" };
    const handOver = (channelId: string, userId: string) =>
      readHandOver(channelId, JSON.stringify({ ...keys, user_id: userId }));
    expect(await handOver("woocommerce", "made-up")).toBe(false);
    expect(await handOver("woocommerce", state)).toBe(false);
    expect(await handOver("ebay", state)).toBe(false);
    expect(await handOver("nowhere", state)).toBe(false);
    expect(await readHandOver("woocommerce", "not JSON")).toBe(false);
  });

  it("what a shop's earlier sign-ins left is gone with its next one, another shop's stays", async () => {
    const other = await installShop({ domain: "other.myshopify.com" });
    const begin = { channelId: "ebay", values: demoValues("ebay") };
    await startConnect({ ...begin, shopId });
    await startConnect({ ...begin, shopId: other.shopId });
    await db().connectAttempt.updateMany({ data: { expiresAt: new Date(Date.now() - 1) } });
    await startConnect({ ...begin, shopId });
    const left = await db().connectAttempt.findMany();
    expect(left.map((one) => one.shopId).toSorted()).toEqual([shopId, other.shopId].toSorted());
  });
});

describe("a state is good once, however many requests come at the same time", () => {
  function expectOneOf(outcomes: readonly PromiseSettledResult<unknown>[]): void {
    const refusals = outcomes.filter((one) => one.status === "rejected");
    expect(refusals).toHaveLength(outcomes.length - 1);
    for (const { reason } of refusals) expect(reason).toBeInstanceOf(ConnectRefusal);
  }

  it("by consent: the browser's request was sent twice", async () => {
    const returned = await consented("ebay");
    expectOneOf(
      await Promise.allSettled([finish("ebay", { ...returned }), finish("ebay", { ...returned })]),
    );
    expect(await connections()).toHaveLength(1);
  });

  it("by keys, which the platform takes any number of times", async () => {
    const { state } = await createAttempt({
      ...{ shopId, channelId: "custom", connectionId: null },
      values: demoValues("custom"),
    });
    expectOneOf(
      await Promise.allSettled(Array.from({ length: 5 }, () => finish("custom", { state }))),
    );
    expect(await connections()).toHaveLength(1);
  });

  it("an account that is connected twice at the same time is one connection", async () => {
    const begin = { shopId, channelId: "custom", values: demoValues("custom") };
    const starts = await Promise.all(Array.from({ length: 4 }, () => startConnect(begin)));
    const [only, ...others] = await connections();
    expect(others).toEqual([]);
    const ids = starts.flatMap((start) =>
      start.next === "done" && start.outcome.kind === "connected" ? start.outcome.connections : [],
    );
    expect(ids.map(({ connectionId }) => connectionId)).toEqual(new Array(4).fill(only?.id));
    expect(ids.filter(({ state }) => state === "new")).toHaveLength(1);
  });

  it("an account that two shops connect at the same time is one shop's", async () => {
    const other = await installShop({ domain: "other.myshopify.com" });
    const values = demoValues("custom");
    expectOneOf(
      await Promise.allSettled(
        [shopId, other.shopId].map((one) =>
          startConnect({ shopId: one, channelId: "custom", values }),
        ),
      ),
    );
    expect(await connections()).toHaveLength(1);
  });

  it("by picking: the button was pressed twice", async () => {
    const { state } = await twoTiktokShops();
    const pick = { shopId, channelId: "tiktok-shop", state };
    expectOneOf(
      await Promise.allSettled([
        pickAccounts({ ...pick, indexes: [0] }),
        pickAccounts({ ...pick, indexes: [1] }),
      ]),
    );
    expect(await connections()).toHaveLength(1);
  });
});

describe("a merchant who refuses consent", () => {
  it.each([
    ["ebay", "Access was not allowed at eBay."],
    ["amazon", "Amazon did not give access. It said: access_denied"],
    ["woocommerce", "You did not give Lockstep access to the shop."],
    ["tiktok-shop", "TikTok Shop brought no authorisation back (access_denied)."],
  ])("at %s comes back with words, and may still agree", async (channelId, words) => {
    const page = await consentPage(channelId);
    const refusal = await refusalOf(finish(channelId, await answerConsent(new URL(page), false)));
    expect(refusal.message).toContain(words);
    expect(await connections()).toEqual([]);
    const outcome = await finish(channelId, await answerConsent(page));
    expect(outcome).toMatchObject({ kind: "connected", connections: [{ state: "new" }] });
  });
});

describe("keys and fields", () => {
  const long = "x".repeat(2_001);

  it.each<[string, Query, string | null, string]>([
    ["custom", { baseUrl: "" }, "baseUrl", "Address of your server is needed to connect Custom"],
    ["custom", { baseUrl: "   " }, "baseUrl", "Address of your server is needed"],
    ["custom", { secret: "" }, "secret", "Secret is needed"],
    ["custom", { secret: long }, "secret", "Secret is too long."],
    ["custom", { name: long }, "name", "Name is too long."],
    ["custom", { baseUrl: "ftp://shop" }, null, "This address cannot be used."],
    ["custom", { secret: "whsec_short" }, null, "This is no secret of the right kind."],
    ["ebay", { marketplace: "" }, "marketplace", "eBay site is needed to connect eBay."],
    ["ebay", { marketplace: "EBAY_MARS" }, "marketplace", "eBay site: choose one of the list."],
    ["amazon", { region: "moon" }, "region", "Where you sell: choose one of the list."],
    ["amazon", { region: "" }, "region", "Where you sell is needed to connect Amazon."],
    ["amazon", { country: "DE" }, null, "This Seller Central belongs to another region."],
    ["woocommerce", { siteUrl: "" }, "siteUrl", "Address of your shop is needed"],
    ["woocommerce", { siteUrl: "shop" }, null, "This address cannot be used."],
  ])("%s with %o is refused at the field %s: %s", async (channelId, change, field, words) => {
    const values = { ...demoValues(channelId), ...change };
    const refusal = await refusalOf(startConnect({ shopId, channelId, values }));
    expect(refusal.field).toBe(field);
    expect(refusal.message).toContain(words);
    expect(await connections()).toEqual([]);
  });

  it("a secret that the server does not accept is refused in words", async () => {
    const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    const values = { ...demoValues("custom"), secret };
    const { message } = await refusalOf(startConnect({ shopId, channelId: "custom", values }));
    expect(message).toContain("Your server does not accept this secret.");
    expect(message).not.toContain(secret);
    expect(await connections()).toEqual([]);
  });

  it("blanks around a value are not part of it, and what the form does not ask for is left out", async () => {
    const values = Object.entries(demoValues("custom")).map(([name, value]) => [
      name,
      ` ${value}\n`,
    ]);
    const given = { ...(Object.fromEntries(values) as Query), powers: "everything" };
    const start = await startConnect({ shopId, channelId: "custom", values: given });
    expect(start).toMatchObject({ next: "done", outcome: { kind: "connected" } });
    const attempt = await db().connectAttempt.findFirstOrThrow();
    expect(open(attempt.sealed, env().ENCRYPTION_KEY)).not.toContain("everything");
  });

  it("a platform that does not answer is said so, and the same sign-in goes on when it does", async () => {
    const returned = await consented("ebay");
    world.sandbox.control.setFaults({ down: true });
    const { message } = await refusalOf(finish("ebay", returned));
    expect(message).toMatch(/eBay/);
    expect(await connections()).toEqual([]);
    world.sandbox.control.setFaults({ down: false });
    expect(await finish("ebay", returned)).toMatchObject({ kind: "connected" });
  });

  it("a shop that begins sign-ins without end is told to wait; those that ended count no more", async () => {
    const values = demoValues("ebay");
    const begin = () => startConnect({ shopId, channelId: "ebay", values });
    await connectDemo(shopId, "ebay", world.sandbox.url);
    for (let begun = 0; begun < 50; begun += 1) await begin();
    const { message } = await refusalOf(begin());
    expect(message).toBe("Too many sign-ins are under way. Try again in half an hour.");
    const other = await installShop({ domain: "other.myshopify.com" });
    const theirs = { shopId: other.shopId, channelId: "ebay", values };
    expect(await startConnect(theirs)).toMatchObject({ next: "consent" });
  });

  it.each(["shopify", "nowhere"])("%s cannot be connected by a form", async (channelId) => {
    const { message } = await refusalOf(startConnect({ shopId, channelId, values: {} }));
    expect(message).toBe("This channel cannot be connected here.");
  });
});

describe("picking among the accounts of one consent", () => {
  it("another shop neither sees nor takes them", async () => {
    const { state } = await twoTiktokShops();
    const other = await installShop({ domain: "other.myshopify.com" });
    const theirs = { shopId: other.shopId, channelId: "tiktok-shop", state };
    expect(await choicesOf(theirs)).toEqual([]);
    const refusal = await refusalOf(pickAccounts({ ...theirs, indexes: [0] }));
    expect(refusal.message).toBe(attemptOver);
    expect(await choicesOf({ ...theirs, shopId })).toHaveLength(2);
    expect(await connections()).toEqual([]);
  });

  it("none, or one that is not there, is refused, and the merchant may pick once more", async () => {
    const { state } = await twoTiktokShops();
    const pick = { shopId, channelId: "tiktok-shop", state };
    for (const indexes of [[], [2], [-1], [Number.NaN]]) {
      const { message } = await refusalOf(pickAccounts({ ...pick, indexes }));
      expect(message).toBe("Choose at least one account.");
    }
    expect(await pickAccounts({ ...pick, indexes: [1, 1, 7] })).toHaveLength(1);
    expect(await choicesOf(pick)).toEqual([]);
  });

  it("Amazon's marketplaces are connections of their own and share the seller's tokens", async () => {
    // The simulated seller sells in one store; here also in Canada.
    stopTapping = tapFetch(
      ({ url }) => url.includes("/marketplaceParticipations"),
      async (send) => {
        const text = await (await send()).text();
        return new Response(text.replaceAll('"isParticipating":false', '"isParticipating":true'));
      },
    );
    const outcome = await finish("amazon", await consented("amazon"));
    if (outcome.kind !== "choose") throw new Error("one marketplace only");
    expect(outcome.accounts.map(({ label }) => label)).toEqual([
      expect.stringContaining("Amazon US"),
      expect.stringContaining("Amazon CA"),
    ]);
    const picked = { shopId, channelId: "amazon", state: outcome.state, indexes: [0, 1] };
    const [us, ca] = await pickAccounts(picked);
    const rows = await connections();
    expect(rows).toHaveLength(2);
    expect(await rowOf(us?.connectionId ?? "")).toMatchObject({
      ...{ status: "review", tokenHolderId: null, marketplace: "ATVPDKIKX0DER" },
    });
    expect(await rowOf(ca?.connectionId ?? "")).toMatchObject({
      ...{ status: "review", tokenHolderId: us?.connectionId, marketplace: "A2EUQ1WTGCTBG2" },
    });
  });
});

describe("an account that is connected to another Shopify store", () => {
  it.each(["custom", "ebay", "woocommerce"])("is refused at %s", async (channelId) => {
    await connectDemo(shopId, channelId, world.sandbox.url);
    const before = await connections();
    const other = await installShop({ domain: "other.myshopify.com" });
    const work = connectDemo(other.shopId, channelId, world.sandbox.url);
    const { message } = await refusalOf(work);
    expect(message).toContain("is connected to another Shopify store. Disconnect it there first");
    expect(await connections()).toEqual(before);
  });

  it("is refused together with what was picked beside it", async () => {
    const other = await installShop({ domain: "other.myshopify.com" });
    await connectDemo(other.shopId, "tiktok-shop", world.sandbox.url);
    const before = await connections();
    const { state } = await twoTiktokShops();
    await refusalOf(pickAccounts({ shopId, channelId: "tiktok-shop", state, indexes: [0, 1] }));
    expect(await connections()).toEqual(before);
  });

  it("is free again once it was disconnected there", async () => {
    const id = await connectDemo(shopId, "custom", world.sandbox.url);
    const other = await installShop({ domain: "other.myshopify.com" });
    expect(await disconnect(other.shopId, id)).toBe(false);
    expect(await disconnect(shopId, id)).toBe(true);
    expect(await disconnect(shopId, id)).toBe(false);
    await connectDemo(other.shopId, "custom", world.sandbox.url);
    expect(await connections()).toMatchObject([{ shopId: other.shopId }]);
  });
});

describe.each(["ebay", "woocommerce", "custom", "tiktok-shop"])(
  "connecting %s again",
  (channelId) => {
    const listings = (connectionId: string) =>
      db().listing.findMany({
        where: { shopId, connectionId },
        orderBy: { id: "asc" },
        select: { id: true, skuId: true, externalIds: true, orderKey: true, state: true },
      });

    /** A live connection whose access was lost. */
    async function lost(): Promise<string> {
      const id = await bringLive(shopId, channelId, world.sandbox.url);
      await propagateConnection(shopId, id);
      await db().connection.update({
        where: { shopId_id: { shopId, id } },
        data: { status: "paused", pausedReason: "The access was taken away.", outageCount: 3 },
      });
      return id;
    }

    it("keeps its id, its listings and their SKUs, and goes on where it was", async () => {
      const id = await lost();
      const before = await listings(id);
      expect(before.length).toBeGreaterThanOrEqual(4);
      const { label, createdAt } = await rowOf(id);
      expect(await connectAgain(channelId, id)).toMatchObject({
        kind: "connected",
        connections: [{ connectionId: id, state: "again" }],
      });
      expect(await connections()).toHaveLength(1);
      expect(await listings(id)).toEqual(before);
      expect(await rowOf(id)).toMatchObject({
        ...{ label, createdAt, status: "active", pausedReason: null },
        ...{ outageCount: 0, nextAttemptAt: null },
      });
      // Nobody knows what it shows by now: all of it is read and written again.
      expect(await db().listing.count({ where: { connectionId: id, expectedQty: null } })).toBe(
        before.filter(({ skuId }) => skuId !== null).length,
      );
      expect(await imported(shopId, id)).toMatchObject({ status: "done", added: 0, missing: 0 });
      await propagateConnection(shopId, id);
      expect(world.sandbox.platform(channelId).shown("TEE-001-S")).toBe(40);
      expect(await listings(id)).toEqual(before);
    });

    it("forgets the old tokens, here and in the database", async () => {
      const id = await lost();
      const source = async () => tokenSource(await rowOf(id));
      const fresh = (accessToken: string): FreshToken<unknown> => ({
        accessToken,
        expiresAt: new Date(Date.now() + 3_600_000),
      });
      // Remembered by this process, unless the channel's own calls left another one.
      await (await source()).accessToken(() => Promise.resolve(fresh("old")));
      expect((await rowOf(id)).accessToken).not.toBe(null);
      await connectAgain(channelId, id);
      const row = await rowOf(id);
      expect([row.accessToken, row.accessTokenUntil]).toEqual([null, null]);
      const seen: unknown[] = [];
      const token = await (
        await source()
      ).accessToken((secrets) => {
        seen.push(secrets);
        return Promise.resolve(fresh("new"));
      });
      expect(token).toBe("new");
      expect(seen).toEqual([JSON.parse(open(row.secrets, env().ENCRYPTION_KEY))]);
    });

    it("by the ordinary way finds the connection too", async () => {
      const id = await lost();
      expect(await connectDemo(shopId, channelId, world.sandbox.url)).toBe(id);
      expect(await rowOf(id)).toMatchObject({ status: "active", pausedReason: null });
    });

    it("leaves one that nobody looked through in review", async () => {
      const id = await connectDemo(shopId, channelId, world.sandbox.url);
      await connectAgain(channelId, id);
      expect(await rowOf(id)).toMatchObject({ status: "review" });
    });
  },
);

describe("connecting again", () => {
  it("with another account is refused, and the connection stays as it was", async () => {
    const id = await connectDemo(shopId, "ebay", world.sandbox.url);
    const before = await connections();
    const values = { marketplace: "EBAY_GB" };
    const returned = await consented("ebay", { values, connectionId: id });
    const { message } = await refusalOf(finish("ebay", returned));
    expect(message).toContain(`That was another account than ${before[0]?.label}`);
    expect(await connections()).toEqual(before);
  });

  it("a connection that is gone makes none", async () => {
    await refusalOf(finish("ebay", await consented("ebay", { connectionId: newId() })));
    expect(await connections()).toEqual([]);
  });

  it("what is no connection's id is refused at once", async () => {
    const { message } = await refusalOf(consentPage("ebay", { connectionId: "1' OR '1'='1" }));
    expect(message).toBe("There is no such connection to connect again.");
    expect(await db().connectAttempt.count()).toBe(0);
  });

  it("another shop's connection is refused, and nothing of it is touched", async () => {
    const other = await installShop({ domain: "other.myshopify.com" });
    const connectionId = await connectDemo(other.shopId, "ebay", world.sandbox.url);
    const before = await connections();
    const { message } = await refusalOf(finish("ebay", await consented("ebay", { connectionId })));
    expect(message).toContain("That was another account");
    expect(message).not.toContain(before[0]?.label ?? "");
    expect(await connections()).toEqual(before);
  });

  it("one account of a consent that opens several needs no picking", async () => {
    const { state } = await twoTiktokShops();
    const pick = { shopId, channelId: "tiktok-shop", state, indexes: [1] };
    const [second] = await pickAccounts(pick);
    const connectionId = second?.connectionId ?? "";
    expect(await connectAgain("tiktok-shop", connectionId)).toMatchObject({
      kind: "connected",
      connections: [{ connectionId, state: "again" }],
    });
    expect(await connections()).toHaveLength(1);
  });

  it("a refresh of the old consent that is under way does not overwrite the new one", async () => {
    const id = await connectDemo(shopId, "tiktok-shop", world.sandbox.url);
    const returned = await consented("tiktok-shop", { connectionId: id });
    let settled = false;
    let again: Promise<unknown> = Promise.resolve();
    await tokenSource(await rowOf(id)).accessToken(async () => {
      again = finish("tiktok-shop", returned).finally(() => (settled = true));
      await until(
        "the new consent waits, or is stored",
        async () => settled || (await lockWaits()),
      );
      const secrets = { refreshToken: "of-the-old-consent" };
      return { accessToken: "old", expiresAt: new Date(Date.now() + 3_600_000), secrets };
    });
    await again;
    expect(await readSecrets(await rowOf(id))).not.toEqual({ refreshToken: "of-the-old-consent" });
    expect((await rowOf(id)).accessToken).toBe(null);
  });
});

/** Whether some transaction waits for an advisory lock. */
async function lockWaits(): Promise<boolean> {
  const [found] = await db().$queryRaw<{ waits: bigint }[]>`
    SELECT count(*) AS waits FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return (found?.waits ?? 0n) > 0n;
}

describe("the holder of a consent's tokens", () => {
  async function bothShops(): Promise<readonly [string, string]> {
    const { state } = await twoTiktokShops();
    const pick = { shopId, channelId: "tiktok-shop", state, indexes: [0, 1] };
    const [first, second] = await pickAccounts(pick);
    return [first?.connectionId ?? "", second?.connectionId ?? ""];
  }

  /** Signs in anew, as once the access token is over. */
  async function refreshes(connectionId: string): Promise<boolean> {
    const row = await rowOf(connectionId);
    const keeper = row.tokenHolderId ?? row.id;
    const { accessToken } = await rowOf(keeper);
    if (accessToken !== null) {
      await tokenSource(row).discard(open(accessToken, env().ENCRYPTION_KEY));
    }
    const { session } = await openSession(shopId, connectionId);
    await session.listListings?.(null, AbortSignal.timeout(10_000));
    return (await rowOf(keeper)).accessToken !== null;
  }

  it("is the first one picked: the others sign in by its tokens, which rotate in one place", async () => {
    const [first, second] = await bothShops();
    expect(await rowOf(first)).toMatchObject({ tokenHolderId: null });
    expect(await rowOf(second)).toMatchObject({ tokenHolderId: first });
    for (const id of [first, second, first, second]) expect(await refreshes(id)).toBe(true);
    expect((await rowOf(second)).accessToken).toBe(null);
    expect(await readSecrets(await rowOf(second))).toEqual(await readSecrets(await rowOf(first)));
  });

  it("hands the tokens on when it is disconnected: the other signs in at once and for good", async () => {
    const [first, second] = await bothShops();
    await refreshes(second);
    const secrets = await readSecrets(await rowOf(first));
    expect(await disconnect(shopId, first)).toBe(true);
    expect(await rowOf(second)).toMatchObject({ tokenHolderId: null });
    expect(await readSecrets(await rowOf(second))).toEqual(secrets);
    expect(await refreshes(second)).toBe(true);
    expect(await refreshes(second)).toBe(true);
    expect(await imported(shopId, second)).toMatchObject({ status: "done", error: null });
  });

  it("is not touched when one of the others is disconnected", async () => {
    const [first, second] = await bothShops();
    const before = await rowOf(first);
    expect(await disconnect(shopId, second)).toBe(true);
    expect(await rowOf(first)).toEqual(before);
    expect(await refreshes(first)).toBe(true);
  });

  it("is disconnected while its tokens are refreshed: the heir gets the rotated ones", async () => {
    const [first, second] = await bothShops();
    let settled = false;
    let gone: Promise<unknown> = Promise.resolve();
    const refreshed = tokenSource(await rowOf(first)).accessToken(async () => {
      gone = disconnect(shopId, first).finally(() => (settled = true));
      await until("the end waits, or has come", async () => settled || (await lockWaits()));
      const secrets = { refreshToken: "rotated" };
      return { accessToken: "next", expiresAt: new Date(Date.now() + 3_600_000), secrets };
    });
    await Promise.allSettled([refreshed]);
    await gone;
    expect(await readSecrets(await rowOf(second))).toEqual({ refreshToken: "rotated" });
  });

  /** Shops of one consent, as the channel names them; which secrets tells which consent. */
  const shops = (names: readonly string[], refreshToken: string) =>
    names.map((name): ConnectedAccount => ({
      ...{ accountId: name, marketplace: "", label: name },
      settings: { shopCipher: `cipher-${name}`, warehouseId: "1" },
      secrets: { refreshToken },
    })) as [ConnectedAccount, ...ConnectedAccount[]];

  async function store(names: readonly string[], refreshToken: string): Promise<void> {
    const accounts = shops(names, refreshToken);
    await storeAccounts({ shopId, channelId: "tiktok-shop", accounts, connectionId: null });
  }

  const shopNamed = (accountId: string) =>
    db().connection.findFirstOrThrow({ where: { accountId } });

  it("has one heir among several, and all of them follow it", async () => {
    await store(["a", "b", "c"], "one");
    await disconnect(shopId, (await shopNamed("a")).id);
    const [b, c] = [await shopNamed("b"), await shopNamed("c")];
    const homes = [b.tokenHolderId, c.tokenHolderId];
    expect(homes.filter((home) => home === null)).toHaveLength(1);
    expect(homes.filter((home) => home === b.id || home === c.id)).toHaveLength(1);
    for (const row of [b, c]) expect(await readSecrets(row)).toEqual({ refreshToken: "one" });
  });

  it("is never one that holds nothing itself, whichever of them are connected again", async () => {
    await store(["a", "b", "c"], "one");
    // The platform names them in another order this time, and the merchant picks two.
    await store(["b", "a"], "two");
    for (const name of ["a", "b", "c"]) {
      const { tokenHolderId } = await shopNamed(name);
      if (tokenHolderId === null) continue;
      expect(await rowOf(tokenHolderId)).toMatchObject({ tokenHolderId: null });
    }
    expect(await shopNamed("c")).toMatchObject({ tokenHolderId: (await shopNamed("b")).id });
    expect(await readSecrets(await shopNamed("c"))).toEqual({ refreshToken: "two" });
  });

  it("two consents at once have two holders", async () => {
    await store(["a", "b"], "one");
    await store(["c"], "two");
    expect(await shopNamed("c")).toMatchObject({ tokenHolderId: null });
    expect(await readSecrets(await shopNamed("c"))).toEqual({ refreshToken: "two" });
    expect(await readSecrets(await shopNamed("b"))).toEqual({ refreshToken: "one" });
  });
});

describe("disconnecting", () => {
  it("leaves nothing of the connection but its orders, its ledger and its pushes", async () => {
    const id = await bringLive(shopId, "ebay", world.sandbox.url);
    await propagateConnection(shopId, id);
    const entries = await db().ledgerEntry.count({ where: { shopId } });
    expect(await disconnect(shopId, id)).toBe(true);
    const own = { shopId, connectionId: id };
    expect(await db().listing.count({ where: own })).toBe(0);
    expect(await db().importRun.count({ where: own })).toBe(0);
    expect(await connections()).toEqual([]);
    expect(await db().ledgerEntry.count({ where: { shopId } })).toBe(entries);
    await expect(openSession(shopId, id)).rejects.toThrow();
  });

  it("ends an import that is under way: what it still reads is not kept", async () => {
    const id = await connectDemo(shopId, "custom", world.sandbox.url);
    const { session } = await openSession(shopId, id);
    expect(session.listListings).toBeDefined();
    stopTapping = tapFetch(
      ({ url }) => url.includes("/custom/listings"),
      async (send) => {
        const answer = await send();
        expect(await disconnect(shopId, id)).toBe(true);
        return answer;
      },
    );
    await runImportNow(shopId, id);
    expect(await connections()).toEqual([]);
    expect(await db().listing.count({ where: { connectionId: id } })).toBe(0);
    expect(await db().importRun.count({ where: { connectionId: id } })).toBe(0);
  });

  it("does not end Shopify's own connection", async () => {
    const shopify = await db().connection.findFirstOrThrow({ where: { channel: "shopify" } });
    expect(await disconnect(shopId, shopify.id)).toBe(false);
    expect(await rowOf(shopify.id)).toEqual(shopify);
  });
});

describe("secrets are stored sealed", () => {
  /** All rows of all tables as text; Shopify's own library keeps its sessions in its own way. */
  async function everything(): Promise<string> {
    const tables = await db().$queryRaw<{ name: string }[]>`
      SELECT quote_ident(tablename) AS name FROM pg_tables
      WHERE schemaname = 'public' AND tablename <> 'session'`;
    const texts: string[] = [];
    for (const { name } of tables) {
      const rows = await db().$queryRawUnsafe<{ row: string }[]>(
        `SELECT to_jsonb(t)::text AS row FROM ${name} t`,
      );
      texts.push(...rows.map(({ row }) => row));
    }
    return texts.join("\n");
  }

  it.each(["ebay", "amazon", "woocommerce", "custom", "tiktok-shop"])(
    "those of %s, and its access token",
    async (channelId) => {
      const id = await bringLive(shopId, channelId, world.sandbox.url);
      const row = await rowOf(id);
      const secrets = Object.values((await readSecrets(row)) as Query);
      if (row.accessToken !== null) secrets.push(open(row.accessToken, env().ENCRYPTION_KEY));
      expect(secrets.length).toBeGreaterThan(0);
      const stored = await everything();
      expect(stored).toContain(row.accountId);
      for (const secret of secrets) expect(stored).not.toContain(secret);
    },
  );

  it("what the merchant typed, although it was refused", async () => {
    const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    const values = { ...demoValues("custom"), secret };
    await refusalOf(startConnect({ shopId, channelId: "custom", values }));
    const attempt = await db().connectAttempt.findFirstOrThrow();
    expect(open(attempt.sealed, env().ENCRYPTION_KEY)).toContain(secret);
    expect(await everything()).not.toContain(secret);
  });

  it("the state, the verifier, and keys that were handed over before the browser came back", async () => {
    const returned = await consented("woocommerce");
    const state = returned["user_id"] ?? "";
    const attempt = await findAttempt("woocommerce", state);
    const { codeVerifier, handedOver } = attempt?.content ?? {};
    const secrets = [
      state,
      codeVerifier,
      handedOver?.["consumer_key"],
      handedOver?.["consumer_secret"],
    ];
    const stored = await everything();
    for (const secret of secrets) {
      expect(secret?.length).toBeGreaterThan(20);
      expect(stored).not.toContain(secret);
    }
  });

  it("those of accounts that wait to be picked", async () => {
    const { state } = await twoTiktokShops();
    const attempt = await findAttempt("tiktok-shop", state);
    const tokens = attempt?.content.accounts.map(
      ({ secrets }) => (secrets as Query)["refreshToken"],
    );
    expect(tokens).toHaveLength(2);
    expect(await everything()).not.toContain(tokens?.[0]);
  });
});
