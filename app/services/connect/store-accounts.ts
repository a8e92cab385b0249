import type { ConnectedAccount } from "#app/channels/contract.ts";
import { channelById } from "#app/channels/registry.ts";
import { db, inTransaction, type Database } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { newId } from "#app/lib/ids.ts";
import { seal } from "#app/lib/secret-box.ts";
import { forgetSession } from "#app/services/connections/open-session.ts";
import { pausedByMerchant } from "#app/services/connections/pause-connection.ts";
import { forgetTokens, lockTokens, refreshMsMax } from "#app/services/connections/token-source.ts";
import { startImport } from "#app/services/imports/start-import.ts";
import { forgetShops } from "#app/services/shops/find-shop.ts";
import { ConnectRefusal } from "./connect-refusal.ts";

export interface StoredConnection {
  readonly connectionId: string;
  readonly label: string;
  /** `new`: to be looked through before anything is written; `again`: goes on where it was. */
  readonly state: "new" | "again";
  readonly warnings: readonly string[];
}

/**
 * Makes accounts into connections and begins their import. A new one is in review: it is read, matched and shown, and
 * nothing is written there until the merchant says so. One that is connected again goes on at once.
 * @param input `connectionId`: the consent must be for this very account
 * @throws ConnectRefusal when an account belongs to another shop, or is another one than wanted
 */
export async function storeAccounts(input: {
  readonly shopId: string;
  readonly channelId: string;
  readonly accounts: readonly ConnectedAccount[];
  readonly connectionId: string | null;
}): Promise<readonly StoredConnection[]> {
  const { shopId, channelId } = input;
  const channel = channelById(channelId);
  for (const { settings, secrets } of input.accounts) {
    channel.settings.parse(settings);
    channel.secrets.parse(secrets);
  }
  const stored = await inTransaction(async (tx) => {
    const accounts = await wantedAccounts(tx, input);
    const connections: StoredConnection[] = [];
    // Of accounts with the same secrets the first one keeps the tokens for all: a refresh token that rotates has one home.
    const keepers = new Map<string, string>();
    for (const account of accounts) {
      const secrets = JSON.stringify(account.secrets);
      const keeper = keepers.get(secrets) ?? null;
      const connection = await storeAccount(tx, { shopId, channelId, account, keeper });
      connections.push(connection);
      if (keeper === null) keepers.set(secrets, connection.connectionId);
    }
    return connections;
  }, refreshMsMax);
  const ids = stored.map(({ connectionId }) => connectionId);
  const followers = await db().connection.findMany({
    where: { shopId, tokenHolderId: { in: ids } },
    select: { id: true },
  });
  for (const id of ids) forgetTokens(id);
  for (const id of [...ids, ...followers.map((one) => one.id)]) forgetSession(id);
  for (const id of ids) await startImport(shopId, id);
  forgetShops();
  return stored;
}

async function wantedAccounts(
  tx: Database,
  input: Parameters<typeof storeAccounts>[0],
): Promise<readonly ConnectedAccount[]> {
  const { shopId, connectionId, accounts } = input;
  if (connectionId === null) return accounts;
  const row = await tx.connection.findUnique({
    where: { shopId_id: { shopId, id: connectionId } },
  });
  const same = accounts.filter(
    ({ accountId, marketplace }) => row?.accountId === accountId && row.marketplace === marketplace,
  );
  if (same.length > 0) return same;
  throw new ConnectRefusal(
    `That was another account than ${row?.label ?? "the one"} to be connected again. Sign in with the same account, or connect the other one anew.`,
  );
}

async function storeAccount(
  tx: Database,
  given: {
    readonly shopId: string;
    readonly channelId: string;
    readonly account: ConnectedAccount;
    readonly keeper: string | null;
  },
): Promise<StoredConnection> {
  const { shopId, channelId: channel, account, keeper } = given;
  const { accountId, marketplace, label, warnings = [] } = account;
  const key = { channel, accountId, marketplace };
  await lockAccount(tx, key);
  const where = { channel_accountId_marketplace: key };
  const known = await tx.connection.findUnique({ where });
  if (known && known.shopId !== shopId) {
    throw new ConnectRefusal(
      `${label} is connected to another Shopify store. Disconnect it there first: two stores would write over each other.`,
    );
  }
  const access: Access = {
    secrets: seal(JSON.stringify(account.secrets), env().ENCRYPTION_KEY),
    settings: account.settings as object,
    tokenHolderId: keeper,
    accessToken: null,
    accessTokenUntil: null,
    eventsDueAt: new Date(),
  };
  if (known) {
    await giveAccess(tx, { shopId, id: known.id }, access);
    await makeDue(tx, shopId, known.id);
    return { connectionId: known.id, label: known.label, state: "again", warnings };
  }
  const head = await tx.ledgerHead.findUniqueOrThrow({ where: { shopId } });
  const id = newId();
  await tx.connection.create({
    data: {
      ...{ shopId, id, channel, accountId, marketplace, label, ...access },
      ...{ status: "review", offsetSeq: head.seq },
    },
  });
  return { connectionId: id, label, state: "new", warnings };
}

/** Two sign-ins for one account come one after the other: the second one finds what the first one made. */
async function lockAccount(tx: Database, account: Readonly<Record<string, string>>): Promise<void> {
  const name = JSON.stringify(account);
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}

/** What a consent gave, as it is stored. */
interface Access {
  readonly secrets: string;
  readonly settings: object;
  readonly tokenHolderId: string | null;
  /** None yet: those of the consent before are forgotten. */
  readonly accessToken: null;
  readonly accessTokenUntil: null;
  readonly eventsDueAt: Date;
}

/** New access for a connection that is there; what paused it is over, unless the merchant did it. */
async function giveAccess(
  tx: Database,
  own: { readonly shopId: string; readonly id: string },
  access: Access,
): Promise<void> {
  const { shopId, id } = own;
  const { tokenHolderId } = access;
  await lockTokens(tx, id);
  await tx.connection.updateMany({
    where: own,
    data: { ...access, nextAttemptAt: null, outageCount: 0 },
  });
  await tx.connection.updateMany({
    where: {
      ...{ ...own, status: "paused" },
      OR: [{ pausedReason: null }, { pausedReason: { not: pausedByMerchant } }],
    },
    data: { status: "active", pausedReason: null },
  });
  // It keeps tokens for nobody any more: those that lived on them follow it to where it gets its own.
  if (tokenHolderId === null) return;
  await tx.connection.updateMany({
    where: { shopId, tokenHolderId: id },
    data: { tokenHolderId },
  });
}

/** Nobody knows what the listings show by now: all of them are written again. */
export async function makeDue(tx: Database, shopId: string, connectionId: string): Promise<void> {
  const now = new Date();
  await tx.listing.updateMany({
    where: { shopId, connectionId, skuId: { not: null }, state: "active" },
    data: { expectedQty: null, nextAttemptAt: now, dueSince: now },
  });
}
