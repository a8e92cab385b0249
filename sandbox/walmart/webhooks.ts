import { createHmac, randomUUID } from "node:crypto";
import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import { seller } from "./account.ts";
import { ok, refuse, type WalmartAnswer } from "./frame.ts";

/** What the demo seller may subscribe to, in the words of GET /v3/webhooks/eventTypes. */
const eventTypes = [
  ["ORDER", "ORDER_UPDATES"],
  ["ORDER", "PO_CREATED"],
  ["ORDER", "PO_LINE_AUTOCANCELLED"],
  ["ORDER", "INTENT_TO_CANCEL"],
  ["INVENTORY", "INVENTORY_OOS"],
  ["ITEM", "OFFER_PUBLISHED"],
  ["ITEM", "OFFER_UNPUBLISHED"],
  ["PRICE", "BUY_BOX_CHANGED"],
  ["REPORTS", "REPORT_STATUS"],
  ["ReturnsAndRefunds", "RETURN_CREATED"],
  ["ReturnsAndRefunds", "RETURN_DELIVERED"],
  ["ReturnsAndRefunds", "RETURN_INVOICED"],
] as const;
/** Subscriptions of one seller. */
const subscriptionsMax = 100;

const delivery = z.object({
  eventUrl: z.url(),
  authDetails: z
    .object({
      authMethod: z.enum(["BASIC_AUTH", "OAUTH", "HMAC"]),
      authHeaderName: z.string().min(1),
      clientSecret: z.string().min(1).optional(),
    })
    .loose()
    .optional(),
  headers: z.record(z.string(), z.string()).optional(),
  status: z.enum(["ACTIVE", "INACTIVE"]),
});
const newSubscription = delivery.extend({
  eventType: z.string(),
  eventVersion: z.literal("V1"),
  resourceName: z.string(),
});
const createShape = z.object({ events: z.array(newSubscription).min(1) });
const patchShape = delivery.partial();

type Subscription = z.infer<typeof newSubscription> & {
  readonly subscriptionId: string;
  readonly partnerId: string;
};

/** Walmart's Notifications API, and the deliveries it leads to. */
export class WalmartWebhooks {
  readonly #context: SandboxContext;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(context: SandboxContext) {
    this.#context = context;
  }

  /** `GET /v3/webhooks/eventTypes` */
  types(): WalmartAnswer {
    const events = eventTypes.map(([resourceName, eventType]) => ({
      resourceName,
      eventType,
      eventVersion: "V1",
      description: `Notification for ${eventType}`,
    }));
    return ok({ events });
  }

  /** `GET /v3/webhooks/subscriptions` */
  list(): WalmartAnswer {
    return ok({ events: [...this.#subscriptions.values()] });
  }

  /** `POST /v3/webhooks/subscriptions` */
  create(body: unknown): WalmartAnswer {
    const given = createShape.safeParse(body);
    if (!given.success || this.#subscriptions.size >= subscriptionsMax) return invalid;
    const isOffered = given.data.events.every((event) =>
      eventTypes.some(
        ([resource, type]) => resource === event.resourceName && type === event.eventType,
      ),
    );
    if (!isOffered) return invalid;
    const events = given.data.events.map((event): Subscription => {
      const subscriptionId = randomUUID();
      return { ...event, subscriptionId, partnerId: seller.partnerId };
    });
    for (const event of events) this.#subscriptions.set(event.subscriptionId, event);
    this.#context.changed();
    return ok({ events });
  }

  /** `PATCH /v3/webhooks/subscriptions/{subscriptionId}` */
  update(id: string, body: unknown): WalmartAnswer {
    const known = this.#subscriptions.get(id);
    const given = patchShape.safeParse(body);
    if (!known) return unknown;
    if (!given.success) return invalid;
    const changes = Object.entries(given.data).filter(([, value]) => value !== undefined);
    const changed = { ...known, ...(Object.fromEntries(changes) as Partial<Subscription>) };
    this.#subscriptions.set(id, changed);
    this.#context.changed();
    return ok(changed);
  }

  /** `DELETE /v3/webhooks/subscriptions/{subscriptionId}` */
  remove(id: string): WalmartAnswer {
    if (!this.#subscriptions.delete(id)) return unknown;
    this.#context.changed();
    return ok({ subscriptionId: id, message: "Successfully deleted subscription" });
  }

  /** Tells everybody who asked for it. A repeat of a delivery is the same to the byte. */
  announce(eventType: string, payload: Readonly<Record<string, unknown>>): void {
    const eventTime = new Date(this.#context.now()).toISOString();
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.eventType !== eventType || subscription.status !== "ACTIVE") continue;
      const source = { eventType, eventTime, eventId: randomUUID() };
      const body = JSON.stringify({
        source,
        payload: { partnerId: seller.partnerId, ...payload },
      });
      this.#context.emitter.send({
        path: subscription.eventUrl,
        body,
        headers: { ...subscription.headers, ...proofOf(subscription, body) },
      });
    }
  }

  snapshot(): readonly Subscription[] {
    return [...this.#subscriptions.values()];
  }

  restore(saved: readonly Subscription[]): void {
    for (const subscription of saved) {
      this.#subscriptions.set(subscription.subscriptionId, subscription);
    }
  }
}

/** The documents name HMAC-SHA256 and no encoding; here it is hexadecimal. */
function proofOf({ authDetails }: Subscription, body: string): Record<string, string> {
  if (authDetails?.authMethod !== "HMAC") return {};
  const { authHeaderName, clientSecret = "" } = authDetails;
  return { [authHeaderName]: createHmac("sha256", clientSecret).update(body).digest("hex") };
}

const invalid = refuse(
  400,
  "INVALID_REQUEST_CONTENT.GMP_NOTIFICATION_API",
  "The subscription is not valid",
);
const unknown = refuse(404, "CONTENT_NOT_FOUND.GMP_NOTIFICATION_API", "No such subscription");
