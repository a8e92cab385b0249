/** Names of this machine, where a simulator may answer without TLS. */
const loopbackHosts = new Set(["127.0.0.1", "localhost", "[::1]"]);
/** Longest address taken. */
const addressCharsMax = 300;

/**
 * The address that a merchant's server answers under, as it is kept: scheme, host and path, without a trailing slash.
 * Null when it cannot be used: plain http is for loopback, and a query, a fragment or a password has no place in it.
 * Whether the host may be called at all is checked where calls are made (`Channel.merchantAddress`).
 * @param text as typed; "https://" may be left out
 */
export function baseAddressOf(text: string): string | null {
  const typed = text.trim();
  if (typed === "" || typed.length > addressCharsMax) return null;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`);
  if (!url || !isUsable(url)) return null;
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function isUsable(url: URL): boolean {
  const { protocol, hostname, username, password, search, hash } = url;
  if (username !== "" || password !== "" || search !== "" || hash !== "") return false;
  if (loopbackHosts.has(hostname)) return protocol === "https:" || protocol === "http:";
  return protocol === "https:" && hostname.includes(".");
}

/**
 * Who answers there: host and path. Not a name that the server gives itself, which could be somebody else's. A
 * simulator's port changes from start to start and is no part of it.
 * @param baseUrl as {@link baseAddressOf} gave it
 */
export function accountIdOf(baseUrl: string): string {
  const { hostname, host, pathname } = new URL(baseUrl);
  const place = loopbackHosts.has(hostname) ? hostname : host;
  return `${place}${pathname.replace(/\/+$/, "")}`;
}
