import type { ChannelResponse, FreshToken, TokenSource } from "./contract.ts";

/** How one call gets and renews its access token. */
export interface TokenUse<Secrets> {
  readonly tokens: TokenSource<Secrets>;
  refresh(secrets: Secrets): Promise<FreshToken<Secrets>>;
  /** Whether the answer says that the token is not (or no longer) accepted. */
  refused(response: ChannelResponse): boolean;
}

/**
 * Makes a call with an access token; when the platform refuses the token, throws it away and repeats
 * the call once with a fresh one. A second refusal is returned as it is.
 * @throws ChannelFault from the call or from `refresh`
 */
export async function withAccessToken<Secrets>(
  use: TokenUse<Secrets>,
  call: (accessToken: string) => Promise<ChannelResponse>,
): Promise<ChannelResponse> {
  const refresh = (secrets: Secrets) => use.refresh(secrets);
  const token = await use.tokens.accessToken(refresh);
  const response = await call(token);
  if (!use.refused(response)) return response;
  await use.tokens.discard(token);
  return call(await use.tokens.accessToken(refresh));
}
