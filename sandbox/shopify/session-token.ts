import { createHmac, randomUUID } from "node:crypto";
import { equalInConstantTime } from "../tokens.ts";

/** Who the token is for and from. */
export interface SessionTokenParty {
  readonly shop: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** A session token lives one minute. */
export const sessionTokenLifeSeconds = 60;
/** Difference of clocks that is forgiven. */
const toleranceSeconds = 10;
/** The one member of staff of the demo shop. */
export const staffUserId = "1";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (content: string, secret: string) =>
  createHmac("sha256", secret).update(content).digest("base64url");

/** The JWT that App Bridge gives the app's pages: who is looking, in which shop. */
export function signSessionToken(party: SessionTokenParty, nowMs: number, sessionId: string) {
  const issuedAt = Math.floor(nowMs / 1_000);
  const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({
    iss: `https://${party.shop}/admin`,
    dest: `https://${party.shop}`,
    aud: party.apiKey,
    sub: staffUserId,
    exp: issuedAt + sessionTokenLifeSeconds,
    nbf: issuedAt,
    iat: issuedAt,
    jti: randomUUID(),
    sid: sessionId,
  })}`;
  return `${content}.${sign(content, party.apiSecret)}`;
}

/** Whether the shop signed this token for this app and it is alive. */
export function isLiveSessionToken(
  token: string,
  party: SessionTokenParty,
  nowMs: number,
): boolean {
  const [header = "", claims = "", signature = "", ...rest] = token.split(".");
  if (rest.length > 0) return false;
  if (!equalInConstantTime(signature, sign(`${header}.${claims}`, party.apiSecret))) return false;
  try {
    const { alg } = decode(header);
    const { aud, dest, exp, nbf } = decode(claims);
    const ours = alg === "HS256" && aud === party.apiKey && dest === `https://${party.shop}`;
    return ours && isWithin(nbf, exp, nowMs / 1_000);
  } catch {
    return false;
  }
}

function isWithin(from: unknown, until: unknown, nowSeconds: number): boolean {
  if (typeof from !== "number" || typeof until !== "number") return false;
  return nowSeconds >= from - toleranceSeconds && nowSeconds <= until + toleranceSeconds;
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
}
