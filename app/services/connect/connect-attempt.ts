import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { db } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { open, seal } from "#app/lib/secret-box.ts";
import { ConnectRefusal, tooManyUnderWay } from "./connect-refusal.ts";

/** From the button to the platform's answer; the shortest code of a platform lives 5 minutes, a sign-in with a second factor takes some. */
export const connectStateMs = 30 * 60_000;
/** Sign-ins under way that a shop may have; more are somebody's loop. */
const attemptsPerShopMax = 50;

const account = z.object({
  accountId: z.string().min(1).max(255),
  marketplace: z.string().max(100),
  label: z.string().min(1).max(200),
  settings: z.unknown(),
  secrets: z.unknown(),
  warnings: z.array(z.string()).optional(),
});

const sealedShape = z.object({
  values: z.record(z.string(), z.string()),
  codeVerifier: z.string(),
  /** What the platform posted apart from the browser. */
  handedOver: z.record(z.string(), z.string()).default({}),
  /** What consent opened, until the merchant has picked. */
  accounts: z.array(account).default([]),
});

/** What a sign-in carries from its beginning to its end. Holds secrets: never leaves the server. */
export type AttemptContent = z.infer<typeof sealedShape>;

export interface Attempt {
  readonly shopId: string;
  readonly channelId: string;
  readonly stateHash: string;
  readonly connectionId: string | null;
  readonly content: AttemptContent;
}

/**
 * Begins a sign-in.
 * @returns the state, which goes out once and is stored as a hash only
 * @throws ConnectRefusal when the shop has too many of them
 */
export async function createAttempt(input: {
  readonly shopId: string;
  readonly channelId: string;
  readonly connectionId: string | null;
  readonly values: Readonly<Record<string, string>>;
}): Promise<{ readonly state: string; readonly codeVerifier: string }> {
  const { shopId, channelId: channel, connectionId, values } = input;
  const now = new Date();
  await db().connectAttempt.deleteMany({ where: { shopId, expiresAt: { lt: now } } });
  const underWay = await db().connectAttempt.count({ where: { shopId, usedAt: null } });
  if (underWay >= attemptsPerShopMax) throw new ConnectRefusal(tooManyUnderWay);
  const state = randomBytes(32).toString("base64url");
  const codeVerifier = randomBytes(48).toString("base64url");
  await db().connectAttempt.create({
    data: {
      ...{ shopId, channel, connectionId, stateHash: hashOf(state) },
      sealed: sealed({ values: { ...values }, codeVerifier, handedOver: {}, accounts: [] }),
      expiresAt: new Date(now.getTime() + connectStateMs),
    },
  });
  return { state, codeVerifier };
}

/** The sign-in of a state that is still good, or null. Does not use it up. */
export async function findAttempt(channelId: string, state: string): Promise<Attempt | null> {
  const row = await db().connectAttempt.findUnique({ where: { stateHash: hashOf(state) } });
  if (!row || row.channel !== channelId || row.usedAt || row.expiresAt < new Date()) return null;
  const content = sealedShape.parse(JSON.parse(open(row.sealed, env().ENCRYPTION_KEY)));
  const { shopId, stateHash, connectionId } = row;
  return { shopId, channelId, stateHash, connectionId, content };
}

/** Keeps what has come back so far. */
export async function updateAttempt(
  attempt: Attempt,
  change: Partial<AttemptContent>,
): Promise<void> {
  const { shopId, stateHash } = attempt;
  await db().connectAttempt.update({
    where: { shopId_stateHash: { shopId, stateHash } },
    data: { sealed: sealed({ ...attempt.content, ...change }) },
  });
}

/** Uses the state up, once. @returns false when somebody was faster */
export async function useAttempt({ shopId, stateHash }: Attempt): Promise<boolean> {
  const used = await db().connectAttempt.updateMany({
    where: { shopId, stateHash, usedAt: null },
    data: { usedAt: new Date() },
  });
  return used.count === 1;
}

function sealed(content: AttemptContent): string {
  return seal(JSON.stringify(content), env().ENCRYPTION_KEY);
}

function hashOf(state: string): string {
  return createHash("sha256").update(state).digest("hex");
}
