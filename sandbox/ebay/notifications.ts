import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import type { TokenKind } from "./auth.ts";
import { created, ebayError, refuse, type EbayAnswer } from "./frame.ts";
import type { SigningKey } from "./signing-key.ts";
import { topicById, topics } from "./topics.ts";

const domain = "API_NOTIFICATION";
/** An address that answers later than this failed its challenge. */
const challengeMsMax = 3_000;
/** So many events lost in a row mark a destination down; the real one waits for a day of silence. */
const failuresMax = 100;
const pageSizeMax = 100;
/** Where events go before the app registered an address: as if the seed had. */
const unregisteredPath = "/webhooks/ebay";

const deliveryShape = z.strictObject({
  endpoint: z.url(),
  verificationToken: z.string().regex(/^[A-Za-z0-9_-]{32,80}$/),
});
const destinationShape = z.strictObject({
  name: z.string().min(1).max(64),
  status: z.enum(["ENABLED", "DISABLED"]),
  deliveryConfig: deliveryShape,
});
const payloadShape = z.strictObject({
  format: z.literal("JSON"),
  schemaVersion: z.string(),
  deliveryProtocol: z.literal("HTTPS"),
});
const updateShape = z.strictObject({
  status: z.enum(["ENABLED", "DISABLED"]),
  destinationId: z.string(),
  payload: payloadShape,
});
const subscriptionShape = updateShape.extend({ topicId: z.string() });

type Destination = Omit<z.infer<typeof destinationShape>, "status"> & {
  readonly destinationId: string;
  status: "ENABLED" | "DISABLED" | "MARKED_DOWN";
};
interface Subscription extends z.infer<typeof subscriptionShape> {
  readonly subscriptionId: string;
  readonly creationDate: string;
  readonly owner: TokenKind;
}

const savedShape = z.object({
  alertEmail: z.string().nullable(),
  destinations: z.custom<readonly Destination[]>(),
  subscriptions: z.custom<readonly Subscription[]>(),
});

/** eBay's Notification API: one application, its addresses, what is subscribed, and the events on their way. */
export class EbayNotifications {
  readonly #context: SandboxContext;
  readonly #key: () => SigningKey;
  #alertEmail: string | null = null;
  #destinations: Destination[] = [];
  #subscriptions: Subscription[] = [];
  #failuresBefore = 0;
  #sentBefore = 0;

  constructor(context: SandboxContext, key: () => SigningKey) {
    this.#context = context;
    this.#key = key;
  }

  config(): EbayAnswer {
    if (this.#alertEmail !== null) return { status: 200, body: { alertEmail: this.#alertEmail } };
    return this.#refuse(404, 195026, "Configuration Not Found.");
  }

  putConfig(body: unknown): EbayAnswer {
    const parsed = z.strictObject({ alertEmail: z.email() }).safeParse(body);
    if (!parsed.success) return this.#refuse(400, 195025, "Invalid or missing email.");
    this.#alertEmail = parsed.data.alertEmail;
    this.#context.changed();
    return { status: 204 };
  }

  destinations(): EbayAnswer {
    this.#markDown();
    return listed("destinations", this.#destinations);
  }

  async createDestination(body: unknown): Promise<EbayAnswer> {
    const parsed = destinationShape.safeParse(body);
    if (!parsed.success) return this.#refuse(400, 195017, "Invalid or missing endpoint.");
    const { endpoint } = parsed.data.deliveryConfig;
    if (this.#destinations.some(({ deliveryConfig }) => deliveryConfig.endpoint === endpoint)) {
      return this.#refuse(409, 195021, "Destination exists for this endpoint");
    }
    if (!(await answersChallenge(parsed.data.deliveryConfig))) return this.#unchallenged();
    const destinationId = randomUUID();
    this.#destinations.push({ ...parsed.data, destinationId });
    this.#enabled();
    return created(201, this.#address("destination", destinationId));
  }

  async putDestination(destinationId: string, body: unknown): Promise<EbayAnswer> {
    const parsed = destinationShape.safeParse(body);
    if (!parsed.success) return this.#refuse(400, 195017, "Invalid or missing endpoint.");
    const known = this.#destinations.find((one) => one.destinationId === destinationId);
    if (!known) return this.#refuse(404, 195022, "Invalid or missing destination id.");
    if (!(await answersChallenge(parsed.data.deliveryConfig))) return this.#unchallenged();
    Object.assign(known, parsed.data);
    this.#enabled();
    return { status: 204 };
  }

  topics(): EbayAnswer {
    return listed("topics", topics);
  }

  subscriptions(owner: TokenKind): EbayAnswer {
    const own = this.#subscriptions.filter((subscription) => subscription.owner === owner);
    const rows = own.map(({ owner: _, ...row }) => row);
    return listed("subscriptions", rows);
  }

  createSubscription(body: unknown, owner: TokenKind): EbayAnswer {
    const parsed = subscriptionShape.safeParse(body);
    if (!parsed.success) return this.#refuse(400, 195002, "Invalid or missing topic id.");
    const refusal = this.#refusedSubscription(parsed.data, parsed.data.topicId, owner);
    if (refusal) return refusal;
    const { topicId } = parsed.data;
    if (this.#subscriptions.some((one) => one.topicId === topicId && one.owner === owner)) {
      return this.#refuse(409, 195012, "Subscription already exists");
    }
    const subscriptionId = randomUUID();
    const creationDate = new Date(this.#context.now()).toISOString();
    this.#subscriptions.push({ ...parsed.data, subscriptionId, creationDate, owner });
    this.#context.changed();
    return created(201, this.#address("subscription", subscriptionId));
  }

  putSubscription(subscriptionId: string, body: unknown, owner: TokenKind): EbayAnswer {
    const known = this.#subscriptions.find((one) => one.subscriptionId === subscriptionId);
    if (known?.owner !== owner) return this.#refuse(404, 195013, "Invalid subscription Id.");
    const parsed = updateShape.safeParse(body);
    if (!parsed.success)
      return this.#refuse(400, 195006, "Invalid or missing subscription status.");
    const refusal = this.#refusedSubscription(parsed.data, known.topicId, owner);
    if (refusal) return refusal;
    Object.assign(known, parsed.data);
    this.#context.changed();
    return { status: 204 };
  }

  disableSubscription(subscriptionId: string): EbayAnswer {
    const known = this.#subscriptions.find((one) => one.subscriptionId === subscriptionId);
    if (!known) return this.#refuse(404, 195013, "Invalid subscription Id.");
    known.status = "DISABLED";
    this.#context.changed();
    return { status: 204 };
  }

  /** Sends a signed notification where it is subscribed to; before anybody registered, to the demo app's door. */
  publish(
    topicId: string,
    event: { readonly id: string; readonly atMs: number; readonly data: unknown },
  ): void {
    const target = this.#targetOf(topicId);
    if (target === null) return;
    const content = (attempt: number) => {
      const body = JSON.stringify({
        metadata: { topic: topicId, schemaVersion: "1.0", deprecated: false },
        notification: {
          // A repeat keeps its id.
          notificationId: event.id,
          eventDate: new Date(event.atMs).toISOString(),
          publishDate: new Date(this.#context.now()).toISOString(),
          publishAttemptCount: attempt,
          data: event.data,
        },
      });
      return { body, headers: { "x-ebay-signature": this.#key().signatureHeader(body) } };
    };
    this.#context.emitter.send({ path: target, ...content(1), again: content });
  }

  snapshot(): z.infer<typeof savedShape> {
    return {
      alertEmail: this.#alertEmail,
      destinations: this.#destinations,
      subscriptions: this.#subscriptions,
    };
  }

  restore(snapshot: unknown): void {
    const saved = savedShape.parse(snapshot);
    this.#alertEmail = saved.alertEmail;
    this.#destinations = [...saved.destinations];
    this.#subscriptions = [...saved.subscriptions];
  }

  #targetOf(topicId: string): string | null {
    if (this.#destinations.length === 0) return unregisteredPath;
    this.#markDown();
    const subscription = this.#subscriptions.find((one) => one.topicId === topicId);
    if (subscription?.status !== "ENABLED") return null;
    const destination = this.#destinations.find(
      ({ destinationId }) => destinationId === subscription.destinationId,
    );
    return destination?.status === "ENABLED" ? destination.deliveryConfig.endpoint : null;
  }

  /** The emitter counts all events together: a success in between begins the count anew. */
  #markDown(): void {
    const { failed, dropped, sent } = this.#context.emitter.stats();
    const failures = failed - dropped;
    if (sent > this.#sentBefore) this.#failuresBefore = failures;
    this.#sentBefore = sent;
    if (failures - this.#failuresBefore < failuresMax) return;
    for (const destination of this.#destinations) {
      if (destination.status === "ENABLED") destination.status = "MARKED_DOWN";
    }
  }

  #enabled(): void {
    const { failed, dropped, sent } = this.#context.emitter.stats();
    this.#failuresBefore = failed - dropped;
    this.#sentBefore = sent;
    this.#context.changed();
  }

  #refusedSubscription(
    wanted: z.infer<typeof updateShape>,
    topicId: string,
    owner: TokenKind,
  ): EbayAnswer | null {
    const known = topicById(topicId);
    if (this.#alertEmail === null) {
      return this.#refuse(409, 195003, "Please provide configurations required for notifications.");
    }
    if (!known) return this.#refuse(404, 195002, "Invalid or missing topic id.");
    const { topic, isGranted } = known;
    if (!isGranted || (topic.scope === "APPLICATION") !== (owner === "application")) {
      return this.#refuse(403, 195011, "Not authorized for this topic.");
    }
    if (
      !topic.supportedPayloads.some((one) => one.schemaVersion === wanted.payload.schemaVersion)
    ) {
      return this.#refuse(400, 195008, "Invalid or missing schema version.");
    }
    const isKnown = this.#destinations.some((one) => one.destinationId === wanted.destinationId);
    return isKnown ? null : this.#refuse(400, 195007, "Invalid or missing destination id.");
  }

  #unchallenged(): EbayAnswer {
    return this.#refuse(409, 195020, "Challenge verification failed for requested endpoint");
  }

  #refuse(status: number, errorId: number, text: string): EbayAnswer {
    return refuse(status, ebayError(errorId, domain, text));
  }

  #address(what: string, id: string): string {
    return `${this.#context.sandboxUrl()}/ebay/commerce/notification/v1/${what}/${id}`;
  }
}

function listed(name: string, rows: readonly unknown[]): EbayAnswer {
  const body = { total: rows.length, limit: pageSizeMax, [name]: rows.slice(0, pageSizeMax) };
  return { status: 200, body };
}

/** The platform's own check of an address (channels.md 4.6); only on this machine. */
async function answersChallenge({
  endpoint,
  verificationToken,
}: z.infer<typeof deliveryShape>): Promise<boolean> {
  const url = new URL(endpoint);
  if (!["127.0.0.1", "localhost", "[::1]"].includes(url.hostname)) return false;
  const code = randomUUID();
  url.searchParams.set("challenge_code", code);
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(challengeMsMax) });
    const text = await answer.text();
    const { challengeResponse } = JSON.parse(text) as { challengeResponse?: unknown };
    const expected = createHash("sha256").update(code).update(verificationToken).update(endpoint);
    return answer.status === 200 && challengeResponse === expected.digest("hex");
  } catch {
    return false;
  }
}
