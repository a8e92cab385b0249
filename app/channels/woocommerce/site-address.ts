/** Addresses of this machine, where a simulator may answer without TLS. */
const loopbackHosts = new Set(["127.0.0.1", "localhost", "[::1]"]);
/** Longest address taken. */
const addressCharsMax = 300;
/** Parts of WordPress that merchants copy along with the address. */
const wordPressPaths = /\/(?:wp-admin|wp-login\.php|wp-json|index\.php)(?:\/.*)?$/;

/**
 * The address of a WordPress site as it is kept: scheme, host and the path of a sub-directory installation, without a
 * trailing slash. Null when it cannot be used: WooCommerce takes its keys over TLS only, so plain http is for loopback.
 * Whether the host may be called at all is checked where calls are made.
 * @param text as a merchant types it; "https://" may be left out
 */
export function siteAddressOf(text: string): string | null {
  const typed = text.trim();
  if (typed === "" || typed.length > addressCharsMax) return null;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`);
  if (!url || url.username !== "" || url.password !== "") return null;
  const isLoopback = loopbackHosts.has(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback)) return null;
  if (!isLoopback && !url.hostname.includes(".")) return null;
  const path = url.pathname.replace(wordPressPaths, "").replace(/\/+$/, "");
  return `${url.origin}${path}`;
}
