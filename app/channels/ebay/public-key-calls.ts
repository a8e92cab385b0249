import type { z } from "zod";
import type { ApplicationToken } from "./application-token.ts";
import { applicationTokenRequest } from "./auth.ts";
import type { EbayApp } from "./config.ts";
import { publicKeyAnswer, tokenAnswer } from "./wire.ts";

// The door's own calls to eBay: a notification is verified before anybody knows whose connection it is for, so these
// have no connection, no bucket, and a deadline of their own.

/** The app's own token. @throws Error when refused. */
export async function fetchApplicationToken(
  app: EbayApp,
  http: typeof fetch,
  signal: AbortSignal,
): Promise<ApplicationToken> {
  const { url, ...request } = applicationTokenRequest(app);
  const response = await http(url, { ...request, signal });
  if (!response.ok)
    throw new Error(`eBay refused the application token: ${String(response.status)}`);
  const answer = tokenAnswer.parse(await response.json());
  return { token: answer.access_token, expiresInMs: answer.expires_in * 1_000 };
}

export type PublicKeyLookup =
  | { readonly kind: "found"; readonly key: z.infer<typeof publicKeyAnswer> }
  | { readonly kind: "unknown" }
  | { readonly kind: "unauthorised" };

/** The key that signed a notification. @throws Error when eBay cannot answer now. */
export async function fetchPublicKey(
  request: { readonly app: EbayApp; readonly kid: string; readonly token: string },
  http: typeof fetch,
  signal: AbortSignal,
): Promise<PublicKeyLookup> {
  const path = `/commerce/notification/v1/public_key/${encodeURIComponent(request.kid)}`;
  const response = await http(`${request.app.EBAY_API_URL}${path}`, {
    headers: { authorization: `Bearer ${request.token}`, accept: "application/json" },
    signal,
  });
  if (response.status === 401) return { kind: "unauthorised" };
  if (response.status === 400 || response.status === 404) return { kind: "unknown" };
  if (!response.ok)
    throw new Error(`eBay's public key address answered ${String(response.status)}`);
  return { kind: "found", key: publicKeyAnswer.parse(await response.json()) };
}
