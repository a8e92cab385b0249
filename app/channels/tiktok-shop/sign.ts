import { hmacSha256 } from "#app/lib/signature.ts";

/** What goes into a request's signature. */
export interface SignedParts {
  /** Without host and without a simulator's prefix: "/product/202309/…". */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Exactly the text that is sent; empty for GET. */
  readonly body: string;
}

/**
 * TikTok Shop's `sign` parameter: secret + path + sorted "keyvalue"s + body + secret, as the
 * hex HMAC-SHA-256 under the secret (reference/channels.md 5.2, published vector in channel.test.ts).
 */
export function signRequest({ path, query, body }: SignedParts, appSecret: string): string {
  const parameters = Object.keys(query)
    .filter((name) => name !== "sign" && name !== "access_token")
    .sort()
    .map((name) => `${name}${query[name] ?? ""}`)
    .join("");
  const text = `${appSecret}${path}${parameters}${body}${appSecret}`;
  return hmacSha256(appSecret, text, "hex");
}
