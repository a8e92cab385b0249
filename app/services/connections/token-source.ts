import { ChannelFault, type FreshToken, type TokenSource } from "#app/channels/contract.ts";
import { db, inTransaction, type Database } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { open, seal } from "#app/lib/secret-box.ts";

/** A token with less life than this is refreshed before use. */
const lifeLeftMsMin = 60_000;
/** A platform that names no end for a refreshable token gets this one (shopify.md 1.5, the guard). */
const lifeMsAssumed = 3_600_000;

interface HeldToken {
  readonly accessToken: string;
  readonly until: Date | null;
}

/** Where a connection's tokens live: on its own row, or in Shopify's session. */
interface TokenStore {
  read(db: Database): Promise<{ readonly held: HeldToken | null; readonly secrets: unknown }>;
  write(db: Database, fresh: FreshToken<unknown>): Promise<void>;
  expire(db: Database, accessToken: string): Promise<void>;
}

/** What a process remembers of live tokens, by connection. */
const remembered = new Map<string, HeldToken>();
/**
 * A refresh may wait for another process's and then takes its own time; a platform that rotated the refresh token
 * must not find the transaction over that was to store it.
 */
export const refreshMsMax = 60_000;
/** Looks and refreshes under way in this process, by connection: whoever comes meanwhile waits for the same one. */
const underWay = new Map<string, Promise<HeldToken>>();
/**
 * Of these at the same time. Each holds a database connection while its refresh needs another one for the rate
 * limit: more than half the pool of them would wait for each other until their transactions end.
 */
const underWayMax = 4;
let slotsFree = underWayMax;
const slotsWanted: (() => void)[] = [];

async function inSlot<T>(work: () => Promise<T>): Promise<T> {
  if (slotsFree > 0) slotsFree -= 1;
  else await new Promise<void>((resolve) => slotsWanted.push(resolve));
  try {
    return await work();
  } finally {
    const next = slotsWanted.shift();
    if (next) next();
    else slotsFree += 1;
  }
}

interface TokenHolder {
  readonly shopId: string;
  readonly id: string;
  /** Another connection of the same consent, which keeps the tokens for both. */
  readonly tokenHolderId?: string | null;
  readonly channel: string;
  readonly accountId: string;
}

function storeOf(connection: TokenHolder): TokenStore {
  return connection.channel === "shopify"
    ? sessionStore(connection.accountId)
    : rowStore({ shopId: connection.shopId, id: keeperOf(connection) });
}

/** Tokens that rotate must have one home: two connections of one consent would end each other's. */
function keeperOf(connection: TokenHolder): string {
  return connection.tokenHolderId ?? connection.id;
}

/** What a connection signs in with. @throws ChannelFault `revoked` when Shopify gave no access */
export async function readSecrets(connection: TokenHolder): Promise<unknown> {
  return (await storeOf(connection).read(db())).secrets;
}

/** The tokens of one connection. Refreshed at most once at a time over all processes (advisory lock). */
export function tokenSource(connection: TokenHolder): TokenSource<unknown> {
  const store = storeOf(connection);
  const keeper = keeperOf(connection);
  return {
    async accessToken(refresh) {
      const known = remembered.get(keeper);
      if (known && isAlive(known)) return known.accessToken;
      let look = underWay.get(keeper);
      if (!look) {
        look = readOrRefresh(keeper, store, refresh).finally(() => underWay.delete(keeper));
        underWay.set(keeper, look);
      }
      return (await look).accessToken;
    },
    async discard(accessToken) {
      // Only this one: others whose call was refused too may come after the fresh one is there.
      if (remembered.get(keeper)?.accessToken === accessToken) {
        remembered.delete(keeper);
      }
      await store.expire(db(), accessToken);
    },
  };
}

/** Forgets what this process remembers of a connection's tokens: it was connected again, or is gone. */
export function forgetTokens(connectionId: string): void {
  remembered.delete(connectionId);
}

/**
 * Holds a connection's tokens still until the transaction ends: a refresh under way would store what it rotated over
 * new secrets, or into a row that has gone. Waits for that refresh, so give the transaction {@link refreshMsMax}.
 */
export async function lockTokens(tx: Database, connectionId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${connectionId}, 0))`;
}

async function readOrRefresh(
  connectionId: string,
  store: TokenStore,
  refresh: (secrets: unknown) => Promise<FreshToken<unknown>>,
): Promise<HeldToken> {
  const { held: known } = await store.read(db());
  const held =
    known && isAlive(known) ? known : await inSlot(() => refreshOnce(connectionId, store, refresh));
  remembered.set(connectionId, held);
  return held;
}

function refreshOnce(
  connectionId: string,
  store: TokenStore,
  refresh: (secrets: unknown) => Promise<FreshToken<unknown>>,
): Promise<HeldToken> {
  return inTransaction(async (tx) => {
    await lockTokens(tx, connectionId);
    const { held: stored, secrets } = await store.read(tx);
    if (stored && isAlive(stored)) return stored;
    const fresh = await refreshWith(tx, store, refresh, secrets);
    if ("held" in fresh) return fresh.held;
    await store.write(tx, fresh);
    return { accessToken: fresh.accessToken, until: fresh.expiresAt };
  }, refreshMsMax);
}

/**
 * Refreshes; a refusal may mean that somebody rotated the token outside our lock (Shopify's own library, when the
 * merchant opens the app): what is stored then is looked at once more before the consent counts as gone (shopify.md
 * 1.5).
 */
async function refreshWith(
  tx: Database,
  store: TokenStore,
  refresh: (secrets: unknown) => Promise<FreshToken<unknown>>,
  secrets: unknown,
): Promise<FreshToken<unknown> | { readonly held: HeldToken }> {
  try {
    return await refresh(secrets);
  } catch (error) {
    if (!(error instanceof ChannelFault) || error.fault.kind !== "revoked") throw error;
    const now = await store.read(tx);
    if (now.held && isAlive(now.held)) return { held: now.held };
    if (JSON.stringify(now.secrets) === JSON.stringify(secrets)) throw error;
    return await refresh(now.secrets);
  }
}

function isAlive(token: HeldToken): boolean {
  return token.until === null || token.until.getTime() - Date.now() > lifeLeftMsMin;
}

/** The keeper of the tokens was disconnected; who takes over is known once the session is opened anew. */
const goneMeanwhile = {
  kind: "unavailable",
  message: "The connection was changed meanwhile. It is tried again.",
} as const;

function rowStore(connection: { shopId: string; id: string }): TokenStore {
  const where = { shopId_id: { shopId: connection.shopId, id: connection.id } };
  const key = env().ENCRYPTION_KEY;
  return {
    async read(tx) {
      const row = await tx.connection.findUnique({ where });
      if (!row) throw new ChannelFault(goneMeanwhile);
      const held =
        row.accessToken && row.accessTokenUntil
          ? { accessToken: open(row.accessToken, key), until: row.accessTokenUntil }
          : null;
      return { held, secrets: JSON.parse(open(row.secrets, key)) as unknown };
    },
    async write(tx, fresh) {
      await tx.connection.update({
        where,
        data: {
          accessToken: seal(fresh.accessToken, key),
          accessTokenUntil: fresh.expiresAt,
          ...(fresh.secrets !== undefined && { secrets: seal(JSON.stringify(fresh.secrets), key) }),
        },
      });
    },
    async expire(tx, accessToken) {
      const sealed = (await tx.connection.findUnique({ where }))?.accessToken ?? null;
      if (sealed === null || open(sealed, key) !== accessToken) return;
      await tx.connection.updateMany({
        where: { shopId: connection.shopId, id: connection.id, accessToken: sealed },
        data: { accessTokenUntil: null },
      });
    },
  };
}

/** Shopify's offline session, kept by its own library under this id. */
function sessionStore(domain: string): TokenStore {
  const id = `offline_${domain}`;
  return {
    async read(tx) {
      const session = await tx.session.findUnique({ where: { id } });
      if (!session) {
        throw new ChannelFault({
          kind: "revoked",
          message: "Shopify gave no access yet: open Lockstep once in the Shopify admin.",
        });
      }
      const unknownEnd = session.refreshToken ? new Date(Date.now() + lifeMsAssumed) : null;
      const until = session.expires ?? unknownEnd;
      return {
        held: { accessToken: session.accessToken, until },
        // A token without an end has nothing to be refreshed with, and never asks.
        secrets: { refreshToken: session.refreshToken ?? "none" },
      };
    },
    async write(tx, fresh) {
      const secrets = fresh.secrets as
        { refreshToken?: string; refreshTokenUntil?: string } | undefined;
      // An uninstall may have taken the session away meanwhile: then there is nothing to store it in.
      await tx.session.updateMany({
        where: { id },
        data: {
          accessToken: fresh.accessToken,
          expires: fresh.expiresAt,
          ...(secrets?.refreshToken && { refreshToken: secrets.refreshToken }),
          ...(secrets?.refreshTokenUntil && {
            refreshTokenExpires: new Date(secrets.refreshTokenUntil),
          }),
        },
      });
    },
    async expire(tx, accessToken) {
      await tx.session.updateMany({ where: { id, accessToken }, data: { expires: new Date(0) } });
    },
  };
}
