import type { EbayApp } from "./config.ts";

/** A token of the app's own, not of any merchant. */
export interface ApplicationToken {
  readonly token: string;
  readonly expiresInMs: number;
}

/** Apps at different addresses in one process: tests have many, an installation one. */
const applicationTokensMax = 10;
/** The application token is renewed when it has less than this left. */
const tokenSlackMs = 60_000;

const held = new Map<string, { readonly token: string; readonly untilMs: number }>();

function keyOf(app: EbayApp): string {
  return `${app.EBAY_API_URL} ${app.EBAY_CLIENT_ID}`;
}

/**
 * The application token of this process: client credentials, 2 h, fetched by whoever needs it first (eBay gives a
 * thousand a day).
 */
export async function applicationToken(
  app: EbayApp,
  fetchToken: () => Promise<ApplicationToken>,
): Promise<string> {
  const known = held.get(keyOf(app));
  if (known && known.untilMs > Date.now()) return known.token;
  const { token, expiresInMs } = await fetchToken();
  if (held.size >= applicationTokensMax) held.clear();
  held.set(keyOf(app), { token, untilMs: Date.now() + expiresInMs - tokenSlackMs });
  return token;
}

/** eBay refused it although it looked alive: the next call fetches another one. */
export function forgetApplicationToken(app: EbayApp): void {
  held.delete(keyOf(app));
}
