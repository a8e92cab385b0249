import { randomUUID } from "node:crypto";
import { z } from "zod";
import { parseJson } from "../answer.ts";
import type { SandboxContext } from "../context.ts";
import { amazonError, shapeOf, type AmazonAnswer, type Call, type PartedRequest } from "./frame.ts";

/** specs/channel-limits.json, notifications_all; each operation has its own bucket. */
const limit = { ratePerSecond: 1, burst: 5 };
/** The queue that the sandbox itself serves. */
export const queueArn = "arn:aws:sqs:us-east-1:000000000000:lockstep";
/** What a seller can be told of here (specs/amazon/notifications). */
const types = [
  "ORDER_CHANGE",
  "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
  "LISTINGS_ITEM_STATUS_CHANGE",
  "LISTINGS_ITEM_ISSUES_CHANGE",
  "ACCOUNT_STATUS_CHANGED",
  "FEED_PROCESSING_FINISHED",
  "REPORT_PROCESSING_FINISHED",
];

const destinationShape = z.object({
  destinationId: z.string(),
  name: z.string(),
  arn: z.string(),
});
const subscriptionShape = z.object({
  type: z.string(),
  subscriptionId: z.string(),
  payloadVersion: z.string(),
  destinationId: z.string(),
});
type Subscription = z.infer<typeof subscriptionShape>;
export const savedSubscriptionsShape = z.object({
  destinations: z.array(destinationShape),
  subscriptions: z.array(subscriptionShape),
});

const createDestinationShape = z.looseObject({
  name: z.string().min(1).max(256),
  resourceSpecification: z.looseObject({
    sqs: z.looseObject({ arn: z.string().regex(/^arn:aws:sqs:\S+:\S+:\S+/) }),
  }),
});
const createSubscriptionShape = z.looseObject({
  payloadVersion: z.string(),
  destinationId: z.string(),
});

/**
 * The notifications API. The demo seller is subscribed to its orders from the beginning, as an app's first sign-in
 * would have left it.
 */
export class Subscriptions {
  readonly #context: SandboxContext;
  #destinations: z.infer<typeof destinationShape>[];
  #subscriptions: Subscription[];

  constructor(context: SandboxContext) {
    this.#context = context;
    const destinationId = "b1f5b3c1-0000-4000-8000-000000000001";
    this.#destinations = [{ destinationId, name: "lockstep", arn: queueArn }];
    this.#subscriptions = [
      {
        type: "ORDER_CHANGE",
        subscriptionId: "5f1b3c1e-0000-4000-8000-000000000001",
        payloadVersion: "1.0",
        destinationId,
      },
    ];
  }

  /** The subscription that puts this type into the sandbox's queue; undefined: nobody wants to hear it. */
  find(type: string): Subscription | undefined {
    const own = this.#destinations.find(({ arn }) => arn === queueArn);
    return this.#subscriptions.find(
      (one) => one.type === type && one.destinationId === own?.destinationId,
    );
  }

  /** `/notifications/v1/(destinations|subscriptions)[/…]` */
  call({ request, names }: PartedRequest): Call | null {
    const [place = "", type = "", id = ""] = names;
    const body = () => parseJson(request.rawBody);
    const call = (operation: string, token: Call["token"], run: () => AmazonAnswer): Call => ({
      ...{ operation, limit, token, run },
    });
    switch (`${place} ${shapeOf(request.method, names.slice(1))}`) {
      case "destinations GET ":
        return call("getDestinations", "grantless", () => this.#listDestinations());
      case "destinations POST ":
        return call("createDestination", "grantless", () => this.#createDestination(body()));
      case "subscriptions GET /*":
        return call("getSubscription", "seller", () => this.#get(type));
      case "subscriptions POST /*":
        return call("createSubscription", "seller", () => this.#create(type, body()));
      case "subscriptions DELETE /*/*":
        return call("deleteSubscriptionById", "grantless", () => this.#delete(type, id));
      default:
        return null;
    }
  }

  #listDestinations(): AmazonAnswer {
    return { status: 200, body: { payload: this.#destinations.map(wireDestination) } };
  }

  #createDestination(body: unknown): AmazonAnswer {
    const parsed = createDestinationShape.safeParse(body);
    if (!parsed.success) return amazonError(400, "InvalidInput", "Invalid destination.");
    const { name, resourceSpecification } = parsed.data;
    const { arn } = resourceSpecification.sqs;
    if (this.#destinations.some((one) => one.arn === arn)) {
      return amazonError(409, "Conflict", "Destination for the resource already exists.");
    }
    const destination = { destinationId: randomUUID(), name, arn };
    this.#destinations.push(destination);
    this.#context.changed();
    return { status: 200, body: { payload: wireDestination(destination) } };
  }

  #get(type: string): AmazonAnswer {
    const found = this.#subscriptions.find((one) => one.type === type);
    if (found) return { status: 200, body: { payload: wireSubscription(found) } };
    return amazonError(404, "NotFound", "No subscription of this type.");
  }

  #create(type: string, body: unknown): AmazonAnswer {
    const parsed = createSubscriptionShape.safeParse(body);
    if (!parsed.success || !types.includes(type)) {
      return amazonError(400, "InvalidInput", `Invalid subscription to '${type}'.`);
    }
    const { payloadVersion, destinationId } = parsed.data;
    if (!this.#destinations.some((one) => one.destinationId === destinationId)) {
      return amazonError(400, "InvalidInput", "No such destination.");
    }
    if (this.#subscriptions.some((one) => one.type === type)) {
      return amazonError(409, "Conflict", "Subscription already exists.");
    }
    const subscription = { type, subscriptionId: randomUUID(), payloadVersion, destinationId };
    this.#subscriptions.push(subscription);
    this.#context.changed();
    return { status: 200, body: { payload: wireSubscription(subscription) } };
  }

  #delete(type: string, id: string): AmazonAnswer {
    const left = this.#subscriptions.filter(
      (one) => one.type !== type || one.subscriptionId !== id,
    );
    if (left.length === this.#subscriptions.length) {
      return amazonError(404, "NotFound", "No such subscription.");
    }
    this.#subscriptions = left;
    this.#context.changed();
    return { status: 200, body: {} };
  }

  snapshot(): z.infer<typeof savedSubscriptionsShape> {
    return { destinations: this.#destinations, subscriptions: this.#subscriptions };
  }

  restore(saved: z.infer<typeof savedSubscriptionsShape>): void {
    this.#destinations = saved.destinations;
    this.#subscriptions = saved.subscriptions;
  }
}

function wireDestination({ destinationId, name, arn }: z.infer<typeof destinationShape>) {
  return { destinationId, name, resource: { sqs: { arn } } };
}

function wireSubscription({ type: _type, ...subscription }: Subscription) {
  return subscription;
}
