import type { ChannelSession, EventSetup } from "#app/channels/contract.ts";
import { contentKey } from "#app/channels/webhook-keys.ts";
import { scopesOf } from "./auth.ts";
import type { Answer, EbayClient, EbayContext } from "./client.ts";
import { prepareDestination } from "./event-destination.ts";
import { pages } from "./notification-pages.ts";
import { subscriptionsAnswer, topicsAnswer, type EbayTopic } from "./notification-wire.ts";

/**
 * What is asked for, where eBay offers it to this application (channels.md 4.6). MARKETPLACE_ACCOUNT_DELETION is a duty
 * of every application.
 */
const wantedTopics: readonly string[] = [
  "MARKETPLACE_ACCOUNT_DELETION",
  "AUTHORIZATION_REVOCATION",
  "ORDER_CONFIRMATION",
  "ORDER_CANCELLATION_ACTIVITY",
  "ORDER_RETURN_ACTIVITY",
  "ITEM_MARKED_SHIPPED",
  "ITEM_AVAILABILITY",
  "ITEM_PRICE_REVISION",
];
const orderTopic = "ORDER_CONFIRMATION";
/** eBay gives an application 10,000 of these calls a day for all its merchants: what stands is not asked for again. */
const subscriptionsCheckedMs = 6 * 60 * 60_000;
const topicsKeptMs = 60 * 60_000;
const keptMax = 10_000;

interface Kept<Value> {
  readonly value: Value;
  readonly untilMs: number;
}
const standing = new Map<
  string,
  Kept<{ readonly destinationId: string; readonly setup: EventSetup }>
>();
const topicsByApp = new Map<string, Kept<readonly EbayTopic[]>>();

/** Subscriptions: the application's own for its own topics, the merchant's for what is about a merchant. */
export function eventsOf(
  context: EbayContext,
  client: EbayClient,
): Required<Pick<ChannelSession, "setUpEvents">> {
  return {
    async setUpEvents(_door, signal): Promise<EventSetup> {
      const { app, accountId } = context;
      const destination = await prepareDestination(context, client, signal);
      if (!destination.ok) return destination;
      if (destination.value === null) return { ok: true, topics: [], todo: noAlertEmail };
      const destinationId = destination.value;
      // A merchant who connected again begins anew: eBay ends subscriptions with the consent they were made under.
      const consent = contentKey(context.secrets.refreshToken);
      const key = `${app.EBAY_API_URL} ${app.EBAY_CLIENT_ID} ${accountId} ${consent}`;
      const known = standing.get(key);
      if (known && known.untilMs > Date.now() && known.value.destinationId === destinationId) {
        return known.value.setup;
      }
      const topics = await availableTopics(context, client, signal);
      if (!topics.ok) return topics;
      const setup = await subscribeAll(
        context,
        client,
        { destinationId, topics: topics.value },
        signal,
      );
      if (setup.ok) keep(standing, key, { destinationId, setup }, subscriptionsCheckedMs);
      return setup;
    },
  };
}

const noAlertEmail =
  "Set EBAY_ALERT_EMAIL: eBay sends no notifications to an application that it cannot write to. Orders are found by polling meanwhile.";

function keep<Value>(map: Map<string, Kept<Value>>, key: string, value: Value, forMs: number) {
  if (map.size >= keptMax) map.clear();
  map.set(key, { value, untilMs: Date.now() + forMs });
}

/** The topics that eBay offers, and that this application's scopes reach. */
async function availableTopics(
  { app }: EbayContext,
  client: EbayClient,
  signal: AbortSignal,
): Promise<Answer<readonly EbayTopic[]>> {
  const key = `${app.EBAY_API_URL} ${app.EBAY_CLIENT_ID}`;
  const known = topicsByApp.get(key);
  if (known && known.untilMs > Date.now()) return { ok: true, value: known.value };
  const all = await pages("topic", async (path) => {
    const call = { operation: "notification", method: "GET", path, as: "app" } as const;
    const answer = await client.rest(call, topicsAnswer, signal);
    return answer.ok
      ? { ok: true, value: { rows: answer.value.topics ?? [], next: answer.value.next } }
      : answer;
  });
  if (!all.ok) return all;
  const granted = new Set(scopesOf(app));
  const wanted = all.value.filter(
    (topic) =>
      wantedTopics.includes(topic.topicId) &&
      (topic.status ?? "ENABLED") === "ENABLED" &&
      isGranted(topic, granted),
  );
  keep(topicsByApp, key, wanted, topicsKeptMs);
  return { ok: true, value: wanted };
}

/** eBay names a topic's reading and writing scope side by side: one of those beyond the base scope is enough. */
function isGranted({ authorizationScopes }: EbayTopic, granted: ReadonlySet<string>): boolean {
  const special = (authorizationScopes ?? []).filter((scope) => !scope.endsWith("/api_scope"));
  return special.length === 0 || special.some((scope) => granted.has(scope));
}

interface Wanted {
  readonly destinationId: string;
  readonly topics: readonly EbayTopic[];
}

async function subscribeAll(
  context: EbayContext,
  client: EbayClient,
  { destinationId, topics }: Wanted,
  signal: AbortSignal,
): Promise<EventSetup> {
  const isOwn = ({ scope }: EbayTopic) => scope === "APPLICATION";
  const groups = [
    { as: "app" as const, topics: topics.filter(isOwn) },
    { as: undefined, topics: topics.filter((topic) => !isOwn(topic)) },
  ];
  const stand: string[] = [];
  for (const group of groups) {
    if (group.topics.length === 0) continue;
    const done = await subscribe(client, { ...group, destinationId }, signal);
    if (!done.ok) return done;
    stand.push(...done.value);
  }
  const topicIds = stand.sort();
  if (topicIds.includes(orderTopic)) return { ok: true, topics: topicIds };
  const todo = "eBay offers this application no order notifications: orders are found by polling.";
  return { ok: true, topics: topicIds, todo };
}

interface Group extends Wanted {
  readonly as: "app" | undefined;
}

/** Makes what is missing, moves what goes elsewhere, switches on what is off. @returns the topics that stand */
async function subscribe(
  client: EbayClient,
  { as, topics, destinationId }: Group,
  signal: AbortSignal,
): Promise<Answer<readonly string[]>> {
  const by = as === undefined ? {} : { as };
  const known = await pages("subscription", async (path) => {
    const call = { operation: "notification", method: "GET", path, ...by } as const;
    const answer = await client.rest(call, subscriptionsAnswer, signal);
    return answer.ok
      ? { ok: true, value: { rows: answer.value.subscriptions ?? [], next: answer.value.next } }
      : answer;
  });
  if (!known.ok) return known;
  const stand: string[] = [];
  for (const topic of topics) {
    const existing = known.value.find(({ topicId }) => topicId === topic.topicId);
    const payload = payloadOf(topic);
    const status = "ENABLED";
    const isRight = existing?.status === status && existing.destinationId === destinationId;
    if (isRight) {
      stand.push(topic.topicId);
      continue;
    }
    const call = existing
      ? {
          method: "PUT" as const,
          path: `${root}/subscription/${encodeURIComponent(existing.subscriptionId)}`,
          body: { status, destinationId, payload },
        }
      : {
          method: "POST" as const,
          path: `${root}/subscription`,
          body: { topicId: topic.topicId, status, destinationId, payload },
        };
    const made = await client.command({ operation: "notification", ...call, ...by }, signal);
    if (made.ok || made.fault.code === alreadyThere) stand.push(topic.topicId);
    // Not for this application or this kind of token (195011, 1100): the others are asked for all the same.
    else if (!refusedTopic.has(made.fault.code ?? "")) return made;
  }
  return { ok: true, value: stand };
}

const root = "/commerce/notification/v1";
const alreadyThere = "195012";
/** 195002 and 195027 unknown topic, 195008 and 195009 its schema or format, 195014 no longer supported. */
const refusedTopic: ReadonlySet<string> = new Set([
  ...["195002", "195008", "195009", "195011", "195014", "195027", "1100"],
]);

function payloadOf({ supportedPayloads }: EbayTopic) {
  const versions = (supportedPayloads ?? [])
    .filter(({ deprecated }) => deprecated !== true)
    .flatMap(({ schemaVersion }) => schemaVersion ?? []);
  // The oldest that is not deprecated: what our schemas were read from.
  const schemaVersion = [...versions].sort()[0] ?? "1.0";
  return { format: "JSON", schemaVersion, deliveryProtocol: "HTTPS" };
}
