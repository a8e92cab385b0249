import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { SandboxReturn } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { ShelfOrder } from "../shelf.ts";
import { signed } from "./access.ts";
import { ok, refuse, type CustomAnswer } from "./frame.ts";
import { badBody, lineIdOf, wireOrder } from "./read-calls.ts";
import type { Store } from "./store.ts";

const eventTypes = ["order.changed", "quantity.changed", "return.changed", "connection.revoked"];
const webhookShape = z.strictObject({
  url: z.url(),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/),
  types: z.array(z.string()).min(1),
});

/** `PUT /webhook`: where events go from now on. The same again changes nothing. */
export function putWebhook(
  { context, store }: { readonly context: SandboxContext; readonly store: Store },
  body: unknown,
): CustomAnswer {
  const read = webhookShape.safeParse(body);
  if (!read.success) return badBody;
  const { url, secret } = read.data;
  const isLoopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\//.test(url);
  if (!url.startsWith("https://") && !isLoopback) {
    return refuse(422, "invalid", "Events go to https addresses only.");
  }
  const types = eventTypes.filter((type) => read.data.types.includes(type));
  store.webhook = { url, secret, types };
  context.changed();
  return ok({ url, types });
}

/** The server's events on their way out: Standard Webhooks, one id for all tries. */
export class Events {
  readonly #context: SandboxContext;
  readonly #store: () => Store;

  constructor(context: SandboxContext, store: () => Store) {
    this.#context = context;
    this.#store = store;
  }

  orderChanged(order: ShelfOrder): void {
    const { hintsOnly } = this.#store().setup;
    const data = hintsOnly
      ? { orderId: order.orderId }
      : { order: wireOrder(this.#context, order) };
    this.send("order.changed", data);
  }

  returnChanged(order: ShelfOrder, returned: SandboxReturn): void {
    this.send("return.changed", {
      return: {
        id: returned.returnId,
        orderId: order.orderId,
        state: returned.state,
        lines: [{ id: lineIdOf(order), quantity: returned.units }],
        changedAt: new Date(this.#context.now()).toISOString(),
      },
    });
  }

  send(type: string, data: object): void {
    const { webhook } = this.#store();
    if (!webhook?.types.includes(type)) return;
    const id = `msg_${randomUUID()}`;
    const body = JSON.stringify({ type, timestamp: new Date(this.#context.now()), data });
    const again = () => ({ body, headers: this.#headers(id, body) });
    this.#context.emitter.send({ path: webhook.url, ...again(), again });
  }

  /** Each try is signed with the time it leaves. */
  #headers(id: string, body: string): Record<string, string> {
    const timestamp = String(Math.floor(this.#context.now() / 1_000));
    const secret = this.#store().webhook?.secret ?? "";
    const signature = signed(secret, `${id}.${timestamp}.${body}`);
    return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  }
}
