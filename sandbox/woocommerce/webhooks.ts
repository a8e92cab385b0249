import { createHash, createHmac } from "node:crypto";
import { Agent, request } from "node:http";
import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import { invalidParam, listAnswer, Refusal, timesOf, type WooAnswer } from "./frame.ts";
import { shopHome } from "./wire.ts";

const topics = new Set(
  ["order", "product", "customer", "coupon"].flatMap((resource) =>
    ["created", "updated", "deleted", "restored"].map((event) => `${resource}.${event}`),
  ),
);
const statuses = ["active", "paused", "disabled"] as const;

const hookShape = z.object({
  id: z.number(),
  name: z.string(),
  topic: z.string(),
  deliveryUrl: z.string(),
  secret: z.string(),
  status: z.enum(statuses),
  failures: z.number(),
  createdMs: z.number(),
  modifiedMs: z.number(),
});
type Hook = z.infer<typeof hookShape>;

const bodyShape = z.looseObject({
  name: z.string().optional(),
  status: z.enum(statuses).optional(),
  topic: z.string().optional(),
  delivery_url: z.string().optional(),
  secret: z.string().optional(),
});

/** More failures in a row than this end a webhook (channels.md 7.4). */
const failuresMax = 5;
/** The shop waits 60 s for an answer; compressed. */
const answerTimeoutMs = 3_000;
const socketsMax = 16;
const loopbackHosts = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** One event, whose body is made when it leaves. */
export interface WooEvent {
  readonly topic: string;
  readonly body: () => unknown;
}

/** The shop's webhooks. No repeats; a webhook that fails too often is switched off for good. */
export class Webhooks {
  readonly #context: SandboxContext;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: socketsMax });
  readonly #hooks = new Map<number, Hook>();
  /** What happened in one visit to the shop leaves in order, by a key of that visit. */
  readonly #lines = new Map<string, Promise<void>>();
  #lastId = 140;
  #deliveries = 0;

  constructor(context: SandboxContext) {
    this.#context = context;
  }

  /** Events of one visit, in order. */
  announce(visit: string, events: readonly WooEvent[]): void {
    for (const event of events) {
      for (const { id, topic } of this.#hooks.values()) {
        if (topic !== event.topic) continue;
        this.#context.emitter.schedule(() => {
          this.#queue(visit, () => this.#deliver(id, event));
        });
      }
    }
  }

  list(query: URLSearchParams): WooAnswer {
    const status = query.get("status") ?? "all";
    const hooks = [...this.#hooks.values()].filter((hook) => ["all", hook.status].includes(status));
    return listAnswer(query, hooks.reverse(), wireHook);
  }

  get(id: number): WooAnswer {
    return { status: 200, body: wireHook(this.#find(id)) };
  }

  async create(body: unknown): Promise<WooAnswer> {
    const given = readBody(body);
    const { topic = "", delivery_url: deliveryUrl = "", status = "active" } = given;
    if (!topics.has(topic)) {
      throw new Refusal(
        400,
        "woocommerce_rest_shop_webhook_invalid_topic",
        "Webhook topic must be valid.",
      );
    }
    if (!URL.canParse(deliveryUrl)) {
      throw new Refusal(
        400,
        "woocommerce_rest_shop_webhook_invalid_url",
        "Webhook delivery URL must be a valid URL starting with http:// or https://.",
      );
    }
    this.#lastId += 1;
    const nowMs = this.#context.now();
    const hook: Hook = {
      id: this.#lastId,
      name: given.name ?? `Webhook created on ${new Date(nowMs).toDateString()}`,
      topic,
      deliveryUrl,
      secret: given.secret ?? createHash("sha256").update(String(this.#lastId)).digest("hex"),
      status,
      failures: 0,
      createdMs: nowMs,
      modifiedMs: nowMs,
    };
    this.#hooks.set(hook.id, hook);
    this.#context.changed();
    await this.#ping(hook);
    return { status: 201, body: wireHook(hook) };
  }

  async update(id: number, body: unknown): Promise<WooAnswer> {
    const hook = this.#find(id);
    const given = readBody(body);
    if (given.status !== undefined) hook.status = given.status;
    if (given.secret !== undefined) hook.secret = given.secret;
    if (given.name !== undefined) hook.name = given.name;
    hook.modifiedMs = this.#context.now();
    this.#context.changed();
    await this.#ping(hook);
    return { status: 200, body: wireHook(hook) };
  }

  remove(id: number, query: URLSearchParams): WooAnswer {
    const hook = this.#find(id);
    if (query.get("force") !== "true") {
      throw new Refusal(
        501,
        "woocommerce_rest_trash_not_supported",
        "Webhooks do not support trashing.",
      );
    }
    this.#hooks.delete(id);
    this.#context.changed();
    return { status: 200, body: wireHook(hook) };
  }

  snapshot(): readonly Hook[] {
    return [...this.#hooks.values()];
  }

  restore(saved: unknown): void {
    for (const hook of z.array(hookShape).parse(saved)) {
      this.#hooks.set(hook.id, hook);
      this.#lastId = Math.max(this.#lastId, hook.id);
    }
  }

  #find(id: number): Hook {
    const hook = this.#hooks.get(id);
    if (hook) return hook;
    throw new Refusal(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.");
  }

  #queue(visit: string, deliver: () => Promise<void>): void {
    const line = (this.#lines.get(visit) ?? Promise.resolve()).then(deliver);
    this.#lines.set(visit, line);
    void line.finally(() => {
      if (this.#lines.get(visit) === line) this.#lines.delete(visit);
    });
  }

  async #deliver(id: number, event: WooEvent): Promise<void> {
    const hook = this.#hooks.get(id);
    if (hook?.status !== "active" || this.#context.config.appUrl === null) return;
    const body = JSON.stringify(event.body());
    const [resource = "", name = ""] = hook.topic.split(".");
    this.#deliveries += 1;
    const status = await this.#post(hook, body, {
      "content-type": "application/json",
      "x-wc-webhook-source": `${shopHome}/`,
      "x-wc-webhook-topic": hook.topic,
      "x-wc-webhook-resource": resource,
      "x-wc-webhook-event": name,
      "x-wc-webhook-signature": createHmac("sha256", decoded(hook.secret))
        .update(body)
        .digest("base64"),
      "x-wc-webhook-id": String(hook.id),
      "x-wc-webhook-delivery-id": createHash("md5").update(String(this.#deliveries)).digest("hex"),
    });
    if (status >= 200 && status < 303) hook.failures = 0;
    else if (hook.failures > failuresMax) hook.status = "disabled";
    else hook.failures += 1;
    this.#context.changed();
  }

  /** What comes first when an active webhook is saved: a form without a signature. */
  async #ping(hook: Hook): Promise<void> {
    if (hook.status !== "active" || this.#context.config.appUrl === null) return;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    await this.#post(hook, `webhook_id=${String(hook.id)}`, headers);
  }

  /** @returns the answer's status; 0 without one */
  #post(hook: Hook, body: string, headers: Readonly<Record<string, string>>): Promise<number> {
    return new Promise((resolve) => {
      const url = new URL(hook.deliveryUrl);
      // Nothing leaves this machine.
      if (!loopbackHosts.has(url.hostname)) {
        resolve(0);
        return;
      }
      const call = request(
        url,
        {
          method: "POST",
          agent: this.#agent,
          headers: {
            "user-agent": "WooCommerce/10.4.0 Hookshot (WordPress/6.9)",
            ...headers,
            "content-length": String(Buffer.byteLength(body)),
          },
          signal: AbortSignal.timeout(answerTimeoutMs),
        },
        (answer) => {
          answer.resume();
          const done = () => {
            resolve(answer.statusCode ?? 0);
          };
          answer.on("end", done).on("error", done);
        },
      );
      call.on("error", () => {
        resolve(0);
      });
      call.end(body);
    });
  }
}

/** The sender takes HTML out of its stored secret before it signs (channels.md 7.4). */
function decoded(secret: string): string {
  return secret
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#039;", "'")
    .replaceAll("&amp;", "&");
}

function readBody(body: unknown): z.infer<typeof bodyShape> {
  const given = bodyShape.safeParse(body);
  if (given.success) return given.data;
  throw invalidParam(String(given.error.issues[0]?.path[0] ?? "body"), "is not of the right type.");
}

function wireHook(hook: Hook): object {
  const [resource = "", event = ""] = hook.topic.split(".");
  return {
    id: hook.id,
    name: hook.name,
    status: hook.status,
    topic: hook.topic,
    resource,
    event,
    hooks: [`woocommerce_${event}_${resource}`],
    delivery_url: hook.deliveryUrl,
    ...timesOf("date_created", hook.createdMs),
    ...timesOf("date_modified", hook.modifiedMs),
    _links: { self: [{ href: `${shopHome}/wp-json/wc/v3/webhooks/${String(hook.id)}` }] },
  };
}
