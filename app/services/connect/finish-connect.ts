import { ChannelFault, type ConnectedAccount } from "#app/channels/contract.ts";
import { createChannelHttp, type RateLimiter } from "#app/channels/http.ts";
import { createMemoryRateLimiter } from "#app/channels/memory-rate-limiter.ts";
import { channelApp, channelById } from "#app/channels/registry.ts";
import { logger } from "#app/lib/logger.ts";
import { fetchFor } from "#app/services/connections/fetch-for.ts";
import { findAttempt, updateAttempt, useAttempt, type Attempt } from "./connect-attempt.ts";
import { attemptOver, ConnectRefusal } from "./connect-refusal.ts";
import { connectUrlsOf } from "./connect-urls.ts";
import { storeAccounts, type StoredConnection } from "./store-accounts.ts";

/** The platform has this long to turn a code into accounts, all calls together. */
const completeMsMax = 30_000;

/** What a sign-in led to. */
export type ConnectOutcome =
  | {
      readonly kind: "connected";
      readonly shopId: string;
      readonly connections: readonly StoredConnection[];
    }
  /** Consent opened several accounts: the merchant picks (`pickAccounts`). */
  | {
      readonly kind: "choose";
      readonly shopId: string;
      readonly state: string;
      readonly accounts: readonly AccountChoice[];
    };

export interface AccountChoice {
  readonly index: number;
  readonly label: string;
  readonly accountId: string;
  readonly marketplace: string;
  readonly warnings: readonly string[];
}

const limiters = new Map<string, RateLimiter>();

/**
 * Ends a sign-in with what the platform brought back.
 * @throws ConnectRefusal in words for the merchant, in the platform's where it gave any
 */
export async function finishConnect(input: {
  readonly channelId: string;
  readonly state: string;
  readonly returned: Readonly<Record<string, string>>;
}): Promise<ConnectOutcome> {
  const { channelId, state, returned } = input;
  const attempt = await findAttempt(channelId, state);
  if (!attempt) throw new ConnectRefusal(attemptOver);
  const accounts = await complete(attempt, returned);
  const { shopId, connectionId } = attempt;
  if (accounts.length > 1 && connectionId === null) {
    await updateAttempt(attempt, { accounts: [...accounts].map((one) => asStored(one)) });
    return { kind: "choose", shopId, state, accounts: accounts.map(choiceOf) };
  }
  if (!(await useAttempt(attempt))) throw new ConnectRefusal(attemptOver);
  return {
    kind: "connected",
    shopId,
    connections: await storeAccounts({ shopId, channelId, accounts, connectionId }),
  };
}

/** The accounts among which the merchant of a sign-in picks; none when it is over or another shop's. */
export async function choicesOf(input: {
  readonly shopId: string;
  readonly channelId: string;
  readonly state: string;
}): Promise<readonly AccountChoice[]> {
  const attempt = await findAttempt(input.channelId, input.state);
  if (attempt?.shopId !== input.shopId) return [];
  return attempt.content.accounts.map((account, index) =>
    choiceOf(account as ConnectedAccount, index),
  );
}

/** The merchant picked among the accounts of {@link finishConnect}. @throws ConnectRefusal */
export async function pickAccounts(input: {
  readonly shopId: string;
  readonly channelId: string;
  readonly state: string;
  readonly indexes: readonly number[];
}): Promise<readonly StoredConnection[]> {
  const { shopId, channelId, state, indexes } = input;
  const attempt = await findAttempt(channelId, state);
  if (attempt?.shopId !== shopId) throw new ConnectRefusal(attemptOver);
  const accounts = attempt.content.accounts.filter((_account, index) => indexes.includes(index));
  if (accounts.length === 0) throw new ConnectRefusal("Choose at least one account.");
  if (!(await useAttempt(attempt))) throw new ConnectRefusal(attemptOver);
  return await storeAccounts({ shopId, channelId, accounts, connectionId: null });
}

/** The platform posts its keys apart from the browser's return (WooCommerce). @returns false for an unknown state */
export async function receiveHandOver(
  channelId: string,
  fields: Readonly<Record<string, string>>,
): Promise<boolean> {
  const { connect } = channelById(channelId);
  if (!connect?.handsOver) return false;
  const state = fields[connect.stateParameter ?? "state"];
  const attempt = state === undefined ? null : await findAttempt(channelId, state);
  if (!attempt) return false;
  await updateAttempt(attempt, { handedOver: { ...fields } });
  return true;
}

async function complete(
  attempt: Attempt,
  returned: Readonly<Record<string, string>>,
): Promise<readonly ConnectedAccount[]> {
  const channel = channelById(attempt.channelId);
  const { values, codeVerifier, handedOver } = attempt.content;
  const limiter = limiters.get(channel.id) ?? createMemoryRateLimiter();
  limiters.set(channel.id, limiter);
  const http = createChannelHttp({
    limiter,
    connectionKey: { shopId: attempt.shopId, connectionId: "connect" },
    limits: channel.limits,
    fetch: fetchFor(channel),
    logger: logger.child({ channel: channel.id, connecting: true }),
    now: () => new Date(),
  });
  const { redirectUrl } = connectUrlsOf(channel.id);
  const grant = { values, returned: { ...returned, ...handedOver }, redirectUrl, codeVerifier };
  const context = {
    app: channelApp(channel.id),
    http,
    now: () => new Date(),
    signal: AbortSignal.timeout(completeMsMax),
  };
  try {
    const accounts = await channel.connect?.complete(grant, context);
    return accounts ?? [];
  } catch (error) {
    if (error instanceof ChannelFault) throw new ConnectRefusal(error.fault.message);
    throw error;
  }
}

function asStored(account: ConnectedAccount) {
  const { warnings, ...rest } = account;
  return { ...rest, ...(warnings ? { warnings: [...warnings] } : {}) };
}

function choiceOf(account: ConnectedAccount, index: number): AccountChoice {
  const { label, accountId, marketplace, warnings = [] } = account;
  return { index, label, accountId, marketplace, warnings };
}
