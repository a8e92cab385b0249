import type { EbayApp } from "./config.ts";
import { rateLimitsAnswer } from "./wire.ts";

/** eBay is asked about one API's quota this often; it allows 5,000 of these calls a day (specs/channel-limits.json). */
const askEveryMs = 5 * 60_000;
/** A quota is of one day. */
const waitMsMax = 24 * 60 * 60_000;
const knownMax = 50;

const known = new Map<string, { readonly resetMs: number | undefined; readonly untilMs: number }>();

/**
 * How long a refused call has to wait, by eBay's own word: its 429 carries no time, the rate limits do. Undefined when
 * eBay does not say (now): the calls of the day are not used up, it was a burst.
 * @param path of the refused call @param read asks eBay and gives the answer's JSON, undefined when there is none
 */
export async function waitForQuotaMs(
  app: EbayApp,
  path: string,
  read: (path: string) => Promise<unknown>,
): Promise<number | undefined> {
  const [, context, api] = /^\/(sell|commerce)\/([a-z]+)\//.exec(path) ?? [];
  if (context === undefined || api === undefined) return undefined;
  const key = `${app.EBAY_API_URL} ${app.EBAY_CLIENT_ID} ${api}`;
  let entry = known.get(key);
  if (!entry || entry.untilMs <= Date.now()) {
    // Noted before it is asked: calls refused meanwhile do not ask again.
    if (known.size >= knownMax) known.clear();
    known.set(key, { resetMs: undefined, untilMs: Date.now() + askEveryMs });
    const query = new URLSearchParams({ api_context: context, api_name: api });
    const answer = await read(`/developer/analytics/v1_beta/rate_limit/?${query}`);
    entry = { resetMs: resetOf(answer), untilMs: Date.now() + askEveryMs };
    known.set(key, entry);
  }
  const waitMs = (entry.resetMs ?? 0) - Date.now();
  return waitMs > 0 ? Math.min(waitMs, waitMsMax) : undefined;
}

/** When the first of the used-up quotas begins anew. */
function resetOf(answer: unknown): number | undefined {
  const read = rateLimitsAnswer.safeParse(answer);
  if (!read.success) return undefined;
  const rates = read.data.rateLimits.flatMap(({ resources }) =>
    resources.flatMap((resource) => resource.rates ?? []),
  );
  const resets = rates
    .filter(({ remaining }) => remaining === 0)
    .map(({ reset }) => Date.parse(reset ?? ""))
    .filter((time) => !Number.isNaN(time));
  return resets.length === 0 ? undefined : Math.min(...resets);
}
