import { createPublicKey, type KeyObject } from "node:crypto";
import { applicationToken, forgetApplicationToken } from "./application-token.ts";
import type { EbayApp } from "./config.ts";
import { fetchApplicationToken, fetchPublicKey } from "./public-key-calls.ts";

/** A key and the digest it is used with, as eBay's key answer names it. */
export interface NotificationKey {
  readonly key: KeyObject;
  readonly digest: string;
}

interface Entry {
  /** null: eBay does not know this kid. */
  readonly key: NotificationKey | null;
  readonly freshUntilMs: number;
}

/** eBay's advice for keys (about an hour). */
const keyLifeMs = 60 * 60 * 1_000;
/** How long a kid stays unknown before eBay is asked again. */
const unknownLifeMs = 60 * 1_000;
/** eBay expects an answer to a notification in 3 s: both calls of a lookup share this. */
const lookupDeadlineMs = 2_000;
const entriesMax = 200;
/** Anybody can post invented kids at our door; this is all of them that reach eBay. */
const newKidLookupsPerMinuteMax = 30;
const digests: ReadonlySet<string> = new Set(["sha1", "sha256", "sha384", "sha512"]);

const entries = new Map<string, Entry>();
const lookups = new Map<string, Promise<NotificationKey | null>>();
let newKidWindow = { startedAtMs: 0, lookups: 0 };

/**
 * The public key for a kid, or null when there is none to be had (unknown kid, eBay silent, too
 * many invented kids). Cached in this process; one request in flight per kid. A known key outlives
 * its hour for as long as eBay cannot be asked.
 */
export async function notificationKey(
  kid: string,
  app: EbayApp,
  http: typeof fetch,
): Promise<NotificationKey | null> {
  const cacheKey = `${app.EBAY_API_URL} ${app.EBAY_CLIENT_ID} ${kid}`;
  const known = entries.get(cacheKey);
  if (known && known.freshUntilMs > Date.now()) return known.key;
  const running = lookups.get(cacheKey);
  if (running) return running;
  const stale = known?.key ?? null;
  if (stale === null && !takeNewKidLookup()) return null;
  const lookup = load(kid, app, http)
    .then((key) => {
      remember(cacheKey, key);
      return key;
    })
    .catch(() => stale)
    .finally(() => lookups.delete(cacheKey));
  lookups.set(cacheKey, lookup);
  return lookup;
}

function takeNewKidLookup(): boolean {
  const nowMs = Date.now();
  if (nowMs - newKidWindow.startedAtMs >= 60_000) newKidWindow = { startedAtMs: nowMs, lookups: 0 };
  newKidWindow.lookups += 1;
  return newKidWindow.lookups <= newKidLookupsPerMinuteMax;
}

function remember(cacheKey: string, key: NotificationKey | null): void {
  entries.delete(cacheKey);
  entries.set(cacheKey, { key, freshUntilMs: Date.now() + (key ? keyLifeMs : unknownLifeMs) });
  if (entries.size <= entriesMax) return;
  // Unknown kids go first: a flood of them must not push out the keys that work.
  const victim = [...entries].find(([, entry]) => entry.key === null) ?? [...entries][0];
  if (victim) entries.delete(victim[0]);
}

async function load(
  kid: string,
  app: EbayApp,
  http: typeof fetch,
): Promise<NotificationKey | null> {
  const signal = AbortSignal.timeout(lookupDeadlineMs);
  const fetchToken = () => fetchApplicationToken(app, http, signal);
  const token = await applicationToken(app, fetchToken);
  let answer = await fetchPublicKey({ app, kid, token }, http, signal);
  if (answer.kind === "unauthorised") {
    forgetApplicationToken(app);
    const fresh = await applicationToken(app, fetchToken);
    answer = await fetchPublicKey({ app, kid, token: fresh }, http, signal);
  }
  if (answer.kind === "unauthorised") throw new Error("eBay refuses the application token");
  return answer.kind === "found" ? importKey(answer.key) : null;
}

/** eBay's PEM has no line breaks, which OpenSSL refuses: the armour is cut off and the DER inside read. */
function importKey(answer: { key: string; algorithm: string; digest: string }): NotificationKey {
  const digest = answer.digest.toLowerCase().replace("-", "");
  const key = createPublicKey({
    key: Buffer.from(answer.key.replace(/-----[A-Z ]+-----|\s/g, ""), "base64"),
    format: "der",
    type: "spki",
  });
  if (key.asymmetricKeyType !== "ec" || !digests.has(digest)) {
    throw new Error(`eBay named a signature we do not know: ${answer.algorithm} ${answer.digest}`);
  }
  return { key, digest };
}
