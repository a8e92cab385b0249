import type { ChannelSession, EventDoor, EventSetup } from "#app/channels/contract.ts";
import type { FaultKind } from "#app/domain/propagation/faults.ts";
import { encoded, type Answer, type WalmartClient } from "./client.ts";
import { orderTopics, wantedTopics } from "./topics.ts";
import { signatureHeader } from "./webhooks.ts";
import {
  anyObject,
  eventTypesAnswer,
  subscriptionsAnswer,
  type WalmartEventType,
  type WalmartSubscription,
} from "./wire.ts";

/** Faults that concern one topic: a right that the keys lack, or a topic that the account has not. */
const ofOneTopic: ReadonlySet<FaultKind> = new Set(["rejected", "revoked", "unknown-listing"]);

/** Subscribing to what Walmart can tell. */
export function eventSetupOf(client: WalmartClient): Required<Pick<ChannelSession, "setUpEvents">> {
  return {
    async setUpEvents(door, signal) {
      const offered = await client.call(
        {
          operation: "listEventTypes",
          method: "GET",
          path: "/v3/webhooks/eventTypes",
          schema: eventTypesAnswer,
        },
        signal,
      );
      if (!offered.ok) return offered;
      const existing = await client.call(
        {
          operation: "listSubscriptions",
          method: "GET",
          path: "/v3/webhooks/subscriptions",
          schema: subscriptionsAnswer,
        },
        signal,
      );
      if (!existing.ok) return existing;
      return subscribeAll(
        client,
        { door, wanted: wantedTopics(offered.value), existing: existing.value },
        signal,
      );
    },
  };
}

interface Wanted {
  readonly door: EventDoor;
  readonly wanted: readonly WalmartEventType[];
  readonly existing: readonly WalmartSubscription[];
}

/** Topic by topic: one that is refused must not cost the others. Without a topic of orders nothing is set up. */
async function subscribeAll(
  client: WalmartClient,
  { door, wanted, existing }: Wanted,
  signal: AbortSignal,
): Promise<EventSetup> {
  const topics: string[] = [];
  let refusal: Extract<Answer<never>, { ok: false }> | undefined;
  for (const type of wanted) {
    const known = existing.find((one) => isOurs(one, type, door));
    const done =
      known && isInForce(known, door) ? null : await write(client, { type, known, door }, signal);
    if (done === null || done.ok) topics.push(type.eventType);
    else if (!ofOneTopic.has(done.fault.kind)) return done;
    else if (orderTopics.has(type.eventType)) refusal = done;
  }
  const hearsOfOrders = topics.some((topic) => orderTopics.has(topic));
  if (hearsOfOrders) return { ok: true, topics };
  return refusal ?? noOrderTopics;
}

const noOrderTopics: EventSetup = {
  ok: false,
  fault: {
    kind: "rejected",
    message: "Walmart offers this account no notifications about orders; they are polled.",
  },
};

/** By the path, which names the connection: an app that moved to another host takes its subscriptions along. */
function isOurs(
  subscription: WalmartSubscription,
  { eventType }: WalmartEventType,
  { url }: EventDoor,
): boolean {
  return subscription.eventType === eventType && pathOf(subscription.eventUrl) === pathOf(url);
}

function isInForce(subscription: WalmartSubscription, door: EventDoor): boolean {
  const { status, eventUrl, authDetails } = subscription;
  // Walmart may keep the secret to itself; one that it shows has to be ours.
  const secret = authDetails?.clientSecret ?? door.secret;
  return status === "ACTIVE" && eventUrl === door.url && secret === door.secret;
}

interface Subscribing {
  readonly type: WalmartEventType;
  readonly known: WalmartSubscription | undefined;
  readonly door: EventDoor;
}

function write(
  client: WalmartClient,
  { type, known, door }: Subscribing,
  signal: AbortSignal,
): Promise<Answer<unknown>> {
  const delivery = {
    eventUrl: door.url,
    authDetails: {
      authMethod: "HMAC",
      authHeaderName: signatureHeader,
      clientSecret: door.secret,
    },
    headers: { "content-type": "application/json" },
    status: "ACTIVE",
  };
  const { eventType, eventVersion, resourceName } = type;
  const call = known
    ? {
        operation: "updateSubscription",
        method: "PATCH" as const,
        path: `/v3/webhooks/subscriptions/${encoded(known.subscriptionId)}`,
        body: JSON.stringify(delivery),
      }
    : {
        operation: "createSubscription",
        method: "POST" as const,
        path: "/v3/webhooks/subscriptions",
        body: JSON.stringify({
          events: [{ eventType, eventVersion, resourceName, ...delivery }],
        }),
      };
  return client.call({ ...call, schema: anyObject }, signal);
}

function pathOf(url: string | null | undefined): string | null {
  return URL.canParse(url ?? "") ? new URL(url ?? "").pathname : null;
}
