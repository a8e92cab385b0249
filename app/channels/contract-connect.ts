import type { ChannelHttp } from "./contract-http.ts";

/** How a merchant connects an account. A channel without it is connected by other means (Shopify: its installation). */
export interface ChannelConnect<App> {
  /** What the merchant chooses or types first: marketplace, site address, keys. May be empty. */
  readonly fields: readonly ConnectField[];
  /**
   * The platform's own consent page. Left out where the fields are the credentials.
   * Must carry `state`; the platform brings it back.
   * @throws ChannelFault `rejected` when a field cannot be used, in words for the merchant
   */
  authorizeUrl?(request: AuthorizeRequest, app: App): string;
  /** Whether these values are the credentials already (pasted keys), so that no consent page is needed. */
  needsNoConsent?(values: Readonly<Record<string, string>>): boolean;
  /** The platform posts its keys to `handOverUrl` apart from the browser's return (WooCommerce). */
  readonly handsOver?: true;
  /** The query parameter that brings `state` back; "state" where left out (WooCommerce: "user_id"). */
  readonly stateParameter?: string;
  /**
   * Turns what came back into accounts, proved by a call to the platform. Several where one consent opens several
   * (TikTok's shops, Amazon's marketplaces): the merchant picks.
   * @throws ChannelFault: `rejected` (wrong keys, code used up), `revoked`, `unavailable` …, in words for the merchant
   */
  complete(
    grant: ConnectGrant,
    context: ConnectContext<App>,
  ): Promise<readonly [ConnectedAccount, ...ConnectedAccount[]]>;
}

export interface ConnectField {
  /** Key in `values`: "marketplace", "siteUrl", "consumerKey". */
  readonly name: string;
  readonly label: string;
  /** `secret` is never shown again. */
  readonly kind: "choice" | "text" | "url" | "secret";
  /** For `choice`. */
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  /** One sentence where to find it. */
  readonly help?: string;
  readonly optional?: true;
}

export interface AuthorizeRequest {
  /** Unguessable, used once, ends after `connectStateMs`. */
  readonly state: string;
  /** Where the browser comes back to: `${SHOPIFY_APP_URL}/connect/<channel>/callback`. */
  readonly redirectUrl: string;
  /** Where the platform posts keys to (`handsOver`). */
  readonly handOverUrl: string;
  readonly values: Readonly<Record<string, string>>;
  /** For PKCE (Etsy): 64 characters of the unreserved set; the challenge is its S256. */
  readonly codeVerifier: string;
}

export interface ConnectGrant {
  readonly values: Readonly<Record<string, string>>;
  /** The query the browser came back with, or the fields of the handed-over body; empty for keys. */
  readonly returned: Readonly<Record<string, string>>;
  readonly redirectUrl: string;
  readonly codeVerifier: string;
}

export interface ConnectContext<App> {
  readonly app: App;
  /** Rate limited under the channel's own declaration. */
  readonly http: ChannelHttp;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** An account that the merchant's consent opened. */
export interface ConnectedAccount {
  /** The account at the channel; with `marketplace` it is one connection. */
  readonly accountId: string;
  /** The part of the account that is a connection of its own (marketplace, region); "" where there is but one. */
  readonly marketplace: string;
  /** For people: "Amazon US, seller A1B2". */
  readonly label: string;
  /** Fits `Channel.settings`. */
  readonly settings: unknown;
  /** Fits `Channel.secrets`. */
  readonly secrets: unknown;
  /** What the merchant should know before going on: "Out-of-stock control is off: zero ends a listing." */
  readonly warnings?: readonly string[];
}
