import { z } from "zod";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { EventSetup } from "../contract.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient, AmazonResult } from "./client.ts";
import { rememberSubscription } from "./subscription-owners.ts";
import {
  destinationAnswer,
  destinationsAnswer,
  subscriptionAnswer,
  type Subscription,
} from "./wire-account.ts";

const notificationsPath = "/notifications/v1";
const destinationName = "lockstep";

interface Topic {
  readonly type: string;
  /** Newest version of its schema (specs/amazon/notifications). */
  readonly payloadVersion: string;
  /** Without it orders are only found by polling. */
  readonly needed?: true;
}

/** What we want to hear of. Every one but orders is a help: some need a role that an app may not have. */
const topics: readonly Topic[] = [
  { type: "ORDER_CHANGE", payloadVersion: "1.0", needed: true },
  { type: "LISTINGS_ITEM_MFN_QUANTITY_CHANGE", payloadVersion: "1.0" },
  { type: "LISTINGS_ITEM_STATUS_CHANGE", payloadVersion: "1.0" },
  { type: "LISTINGS_ITEM_ISSUES_CHANGE", payloadVersion: "2023-12-13" },
  { type: "ACCOUNT_STATUS_CHANGED", payloadVersion: "1.0" },
];

/**
 * Makes Amazon put the seller's notifications into the app's queue: one destination for the app and region, one
 * subscription per seller and topic, all marketplaces together. What stands already is left; what points elsewhere is
 * made anew.
 */
export async function setUpEvents(
  context: AmazonContext,
  client: AmazonClient,
  signal: AbortSignal,
): Promise<EventSetup> {
  const destination = await destinationOf(context, client, signal);
  if (!destination.ok) return destination;
  const standing: string[] = [];
  const refused: string[] = [];
  // One after another: Amazon takes one call a second of each sort.
  for (const topic of topics) {
    const wish = { topic, destinationId: destination.data, signal };
    const subscribed = await subscribe(context, client, wish);
    if (subscribed.ok) standing.push(topic.type);
    else if (topic.needed || !isRefusal(subscribed.fault)) return subscribed;
    else refused.push(topic.type);
  }
  const todo = refused.length > 0 ? { todo: roleSentence(refused) } : {};
  return { ok: true, topics: standing, ...todo };
}

/** No outage: Amazon does not give this topic to this app or seller. */
function isRefusal({ kind }: Fault): boolean {
  return ["rejected", "unauthorised", "unexpected", "unknown-listing"].includes(kind);
}

function roleSentence(types: readonly string[]): string {
  return `Amazon does not give this app ${types.join(", ")}: check its roles in Seller Central.`;
}

/** The destination of our queue; made when there is none. A second process that was faster is no mistake. */
async function destinationOf(
  context: AmazonContext,
  client: AmazonClient,
  signal: AbortSignal,
): Promise<AmazonResult<string>> {
  const arn = queueArnOf(context.app.queue);
  const known = await findDestination(client, arn, signal);
  if (!known.ok) return known;
  if (known.data !== null) return { ok: true, data: known.data };
  const created = await client.call({
    operation: "createDestination",
    method: "POST",
    path: `${notificationsPath}/destinations`,
    body: { name: destinationName, resourceSpecification: { sqs: { arn } } },
    data: destinationAnswer,
    grantless: true,
    signal,
  });
  if (created.ok) return { ok: true, data: created.data.payload.destinationId };
  const again = await findDestination(client, arn, signal);
  return again.ok && again.data !== null ? { ok: true, data: again.data } : created;
}

async function findDestination(
  client: AmazonClient,
  arn: string,
  signal: AbortSignal,
): Promise<AmazonResult<string | null>> {
  const found = await client.call({
    operation: "getDestinations",
    method: "GET",
    path: `${notificationsPath}/destinations`,
    data: destinationsAnswer,
    grantless: true,
    signal,
  });
  if (!found.ok) return found;
  const own = found.data.payload.find(({ resource }) => resource?.sqs?.arn === arn);
  return { ok: true, data: own?.destinationId ?? null };
}

/** "https://sqs.us-east-1.amazonaws.com/123456789012/lockstep" → "arn:aws:sqs:us-east-1:123456789012:lockstep". */
export function queueArnOf(queue: { readonly url: string; readonly region: string }): string {
  const [account = "", name = ""] = new URL(queue.url).pathname.split("/").slice(-2);
  return `arn:aws:sqs:${queue.region}:${account}:${name}`;
}

interface SubscriptionWish {
  readonly topic: Topic;
  readonly destinationId: string;
  readonly signal: AbortSignal;
}

async function subscribe(
  context: AmazonContext,
  client: AmazonClient,
  wish: SubscriptionWish,
): Promise<AmazonResult<null>> {
  const known = await findSubscription(client, wish);
  if (!known.ok) return known;
  const { topic, destinationId, signal } = wish;
  if (known.data?.destinationId === destinationId) {
    rememberSubscription(known.data.subscriptionId, context.accountId);
    return { ok: true, data: null };
  }
  if (known.data) {
    const removed = await removeSubscription(client, { ...wish, known: known.data });
    if (!removed.ok) return removed;
  }
  const created = await client.call({
    operation: "createSubscription",
    method: "POST",
    path: `${notificationsPath}/subscriptions/${topic.type}`,
    body: { payloadVersion: topic.payloadVersion, destinationId },
    data: subscriptionAnswer,
    signal,
  });
  // 409: it stands already (channels.md 3.7).
  if (!created.ok) return isConflict(created.fault) ? { ok: true, data: null } : created;
  rememberSubscription(created.data.payload.subscriptionId, context.accountId);
  return { ok: true, data: null };
}

function isConflict({ code }: Fault): boolean {
  return code === "409" || code?.toLowerCase() === "conflict";
}

async function findSubscription(
  client: AmazonClient,
  { topic, signal }: SubscriptionWish,
): Promise<AmazonResult<Subscription | null>> {
  const found = await client.call({
    operation: "getSubscription",
    method: "GET",
    path: `${notificationsPath}/subscriptions/${topic.type}`,
    query: { payloadVersion: topic.payloadVersion },
    data: subscriptionAnswer,
    signal,
  });
  if (found.ok) return { ok: true, data: found.data.payload };
  return found.fault.kind === "unknown-listing" ? { ok: true, data: null } : found;
}

/** Of another queue, an app's former one. */
function removeSubscription(
  client: AmazonClient,
  { topic, known, signal }: SubscriptionWish & { readonly known: Subscription },
): Promise<AmazonResult<unknown>> {
  const id = encodeURIComponent(known.subscriptionId);
  return client.call({
    operation: "deleteSubscription",
    method: "DELETE",
    path: `${notificationsPath}/subscriptions/${topic.type}/${id}`,
    data: z.unknown(),
    grantless: true,
    signal,
  });
}
