import type { Answer, EbayClient, EbayContext } from "./client.ts";
import { refused } from "./in-calls.ts";
import { configAnswer, destinationsAnswer } from "./notification-wire.ts";
import { pages } from "./notification-pages.ts";

const root = "/commerce/notification/v1";
/** eBay's name for our door. */
const destinationName = "lockstep";
const noConfigCode = "195026";
/**
 * The door is the application's, not a merchant's: of all connections that ask within this time the first one looks.
 * eBay marks a door down after a day of silence.
 */
const destinationCheckedMs = 10 * 60_000;
const keptMax = 10;

const checked = new Map<string, { readonly destinationId: string; readonly untilMs: number }>();

/**
 * Our door as eBay's destination: made when it is missing, switched on when eBay marked it down.
 * @returns its id; null when eBay has no address to write to and neither have we
 */
export async function prepareDestination(
  context: EbayContext,
  client: EbayClient,
  signal: AbortSignal,
): Promise<Answer<string | null>> {
  const { app } = context;
  const key = `${app.EBAY_API_URL} ${app.EBAY_CLIENT_ID} ${app.EBAY_WEBHOOK_URL}`;
  const known = checked.get(key);
  if (known && known.untilMs > Date.now()) return { ok: true, value: known.destinationId };
  const alerts = await ensureAlertEmail(context, client, signal);
  if (!alerts.ok) return alerts;
  if (!alerts.value) return { ok: true, value: null };
  const destination = await ensureDestination(context, client, signal);
  if (!destination.ok) return destination;
  if (checked.size >= keptMax) checked.clear();
  checked.set(key, {
    destinationId: destination.value,
    untilMs: Date.now() + destinationCheckedMs,
  });
  return destination;
}

/** Without an address for alerts eBay takes no subscription (195003). */
async function ensureAlertEmail(
  { app }: EbayContext,
  client: EbayClient,
  signal: AbortSignal,
): Promise<Answer<boolean>> {
  const path = `${root}/config`;
  const call = { operation: "notification", method: "GET", path, as: "app" } as const;
  const config = await client.rest(call, configAnswer, signal);
  if (config.ok) return { ok: true, value: true };
  const isMissing = config.fault.code === noConfigCode || config.fault.kind === "unknown-listing";
  if (!isMissing) return config;
  if (app.EBAY_ALERT_EMAIL === undefined) return { ok: true, value: false };
  const body = { alertEmail: app.EBAY_ALERT_EMAIL };
  const put = await client.command({ ...call, method: "PUT", body }, signal);
  return put.ok ? { ok: true, value: true } : put;
}

async function ensureDestination(
  { app }: EbayContext,
  client: EbayClient,
  signal: AbortSignal,
): Promise<Answer<string>> {
  const own = await findDestination(app.EBAY_WEBHOOK_URL, client, signal);
  if (!own.ok) return own;
  if (own.value?.status === "ENABLED") return { ok: true, value: own.value.destinationId };
  const body = {
    name: destinationName,
    status: "ENABLED",
    deliveryConfig: {
      endpoint: app.EBAY_WEBHOOK_URL,
      verificationToken: app.EBAY_VERIFICATION_TOKEN,
    },
  };
  const common = { operation: "notification", as: "app", body } as const;
  if (own.value) {
    const path = `${root}/destination/${encodeURIComponent(own.value.destinationId)}`;
    const put = await client.command({ ...common, method: "PUT", path }, signal);
    return put.ok ? { ok: true, value: own.value.destinationId } : put;
  }
  const path = `${root}/destination`;
  const made = await client.command({ ...common, method: "POST", path }, signal);
  if (made.ok && made.value !== "") return made;
  // Somebody made it in the same moment (195021), or eBay did not say under which id.
  const again = await findDestination(app.EBAY_WEBHOOK_URL, client, signal);
  if (again.ok && again.value) return { ok: true, value: again.value.destinationId };
  if (!made.ok) return made;
  const message = "eBay took our address for notifications and does not list it.";
  return refused({ kind: "unexpected", message });
}

async function findDestination(endpoint: string, client: EbayClient, signal: AbortSignal) {
  const all = await pages("destination", async (path) => {
    const call = { operation: "notification", method: "GET", path, as: "app" } as const;
    const answer = await client.rest(call, destinationsAnswer, signal);
    return answer.ok
      ? { ok: true, value: { rows: answer.value.destinations ?? [], next: answer.value.next } }
      : answer;
  });
  if (!all.ok) return all;
  const value = all.value.find(({ deliveryConfig }) => deliveryConfig?.endpoint === endpoint);
  return { ok: true as const, value: value ?? null };
}
