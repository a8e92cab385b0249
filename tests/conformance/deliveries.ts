import { createHmac, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeSchema } from "./schema.ts";
import { groundOf, neverAborted, placed, shownOf, type Ground } from "./ground.ts";
import type { ChannelScenario, Exchange } from "./rig.ts";
import type { Channel, ChannelFact, EventDoor, WebhookRequest } from "#app/channels/contract.ts";

/** Longest wait for a delivery of the simulated platform. */
const deliveryMsMax = 10_000;
/** Deliveries looked at until one is an event. */
const deliveriesMax = 5;

/** Events on their way in: the platform's own signature, and its subscriptions from set-up to the stored event. */
export function describeDeliveries(channel: Channel, scenario: ChannelScenario): void {
  if (channel.webhooks) describe("signature", () => describeSignature(channel, scenario));
  if (channel.webhooks || channel.ownQueue) {
    describe("events", () => describeSubscription(channel, scenario));
  }
}

function describeSignature(channel: Channel, scenario: ChannelScenario): void {
  const { webhooks } = channel;
  const { webhook } = scenario;
  if (!webhooks || !webhook) return;
  const ground = groundOf(channel, scenario);
  const http = webhook.http ?? fetch;
  const own = webhooks.addressing === "connection";
  const at = doorAt(`https://lockstep.example.com/webhooks/${channel.id}`, own);
  const delivery = (): WebhookRequest => ({
    ...webhook.delivery(ground.platform.variables, at),
    ...at,
    receivedAt: new Date(),
  });
  const verify = (request: WebhookRequest) =>
    webhooks.verify(request, ground.rig.context.app, http);

  test("a genuine delivery is accepted, and a repeat of it has the same key", async () => {
    const first = await verify(delivery());
    expect(first).toMatchObject({ ok: true, accountId: webhook.accountId });
    expect(await verify(delivery())).toEqual(first);
  });

  test("one changed byte anywhere is refused", async () => {
    if (webhook.bodyUnsigned) return;
    const { rawBody: genuine } = delivery();
    for (const offset of [0, Math.floor(genuine.length / 2), genuine.length - 1]) {
      const rawBody = Buffer.from(genuine);
      rawBody.writeUInt8(rawBody.readUInt8(offset) ^ 1, offset);
      expect((await verify({ ...delivery(), rawBody })).ok).toBe(false);
    }
  });

  test("a delivery without its headers, or with empty ones, is refused", async () => {
    expect((await verify({ ...delivery(), headers: {} })).ok).toBe(false);
    const { headers } = delivery();
    const empty = Object.fromEntries(Object.keys(headers).map((name) => [name, ""]));
    expect((await verify({ ...delivery(), headers: empty })).ok).toBe(false);
  });

  test("a delivery for one connection opens no other connection's door", async () => {
    if (!own) return;
    const elsewhere = doorAt(`https://lockstep.example.com/webhooks/${channel.id}`, own);
    expect((await verify({ ...delivery(), ...elsewhere })).ok).toBe(false);
  });
}

function doorAt(
  base: string,
  own: boolean,
): { readonly url: string; readonly door: EventDoor | null } {
  if (!own) return { url: base, door: null };
  const url = `${base}/${randomUUID()}`;
  return { url, door: { url, secret: createHmac("sha256", "key").update(url).digest("hex") } };
}

function describeSubscription(channel: Channel, scenario: ChannelScenario): void {
  const inbox = new Inbox();
  const exchanges: Exchange[] = [];
  beforeAll(() => inbox.listen());
  afterAll(() => inbox.close());

  test("once set up, an order is announced, believed, and read", async () => {
    const ground = await groundOf.once(channel, scenario, { appUrl: inbox.url });
    const own = channel.webhooks?.addressing === "connection";
    const { url, door } = doorAt(`${inbox.url}/webhooks/${channel.id}`, own);
    const at = door ?? { url, secret: "0".repeat(64) };
    answerChallenges(inbox, ground);
    await setUp(ground, at);
    await scenario.webhook?.registerByHand?.(ground.platform, at);
    inbox.clear();
    const orderId = placed(ground, ground.platform.skus[0]?.code ?? "", 1);
    const facts = channel.ownQueue
      ? await factsOfQueue(ground)
      : await factsOfWebhook(ground, { inbox, url, door });
    const named = facts.map((fact) =>
      fact.kind === "order" ? fact.order.orderId : fact.kind === "order-hint" ? fact.orderId : null,
    );
    expect(named.some((id) => id === orderId || id?.endsWith(`/${orderId}`))).toBe(true);
    // A platform may have nothing to set up: the channel makes one call at least.
    await shownOf(ground.rig, ground.platform.listings.slice(0, 1));
    exchanges.push(...ground.exchanges());
    await ground.close();
  });

  test("setting up again ends in the same state", async () => {
    const ground = await groundOf.once(channel, scenario, { appUrl: inbox.url });
    answerChallenges(inbox, ground);
    const { setUpEvents } = ground.rig.session;
    if (setUpEvents) {
      const own = channel.webhooks?.addressing === "connection";
      const { url, door } = doorAt(`${inbox.url}/webhooks/${channel.id}`, own);
      const at = door ?? { url, secret: "0".repeat(64) };
      const first = await setUpEvents(at, neverAborted());
      expect(first).toMatchObject({ ok: true });
      expect(await setUpEvents(at, neverAborted())).toEqual(first);
    }
    exchanges.push(...ground.exchanges());
    await ground.close();
  });

  describeSchema(scenario, () => exchanges);
}

function answerChallenges(inbox: Inbox, { channel, rig }: Ground): void {
  inbox.challenge = (url) => channel.webhooks?.challenge?.(url, rig.context.app) ?? null;
}

async function setUp(ground: Ground, door: EventDoor): Promise<void> {
  const setup = await ground.rig.session.setUpEvents?.(door, neverAborted());
  if (setup && !setup.ok) throw new Error(`no events: ${JSON.stringify(setup.fault)}`);
}

async function factsOfQueue(ground: Ground): Promise<readonly ChannelFact[]> {
  const messages = await ground.rig.session.receiveMessages?.(neverAborted());
  return (messages ?? []).flatMap((message) => ground.channel.parseEvent(message));
}

async function factsOfWebhook(
  ground: Ground,
  at: { readonly inbox: Inbox; readonly url: string; readonly door: EventDoor | null },
): Promise<readonly ChannelFact[]> {
  const { webhooks } = ground.channel;
  const { pathname } = new URL(at.url);
  for (let deliveries = 0; deliveries < deliveriesMax; deliveries += 1) {
    const delivery = await at.inbox.next((request) => request.path === pathname);
    const { url, door } = at;
    const request = { ...delivery, url, door, receivedAt: new Date() };
    const verified = await webhooks?.verify(request, ground.rig.context.app, fetch);
    if (verified?.ok) {
      const event = { topic: verified.topic, payload: delivery.rawBody.toString("utf8") };
      return ground.channel.parseEvent(event);
    }
    // The platform tries the address before it tells anything.
    if (verified?.reason !== "ping") throw new Error(`not believed: ${JSON.stringify(verified)}`);
  }
  throw new Error("nothing but pings came");
}

interface Delivered extends Pick<WebhookRequest, "rawBody" | "headers"> {
  readonly path: string;
}

/** Stands where the app's door would: takes everything, answers 200, and the platform's check as the channel does. */
class Inbox {
  readonly #server: Server = createServer((request, response) => {
    if (request.method === "GET") {
      const answer = this.challenge(new URL(request.url ?? "/", this.url));
      response.writeHead(answer?.status ?? 404).end(answer?.body);
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.writeHead(200).end();
      this.#taken.push({
        path: request.url ?? "",
        rawBody: Buffer.concat(chunks),
        headers: request.headers as Record<string, string | undefined>,
      });
      for (const wake of this.#waiting) wake();
    });
  });
  #taken: Delivered[] = [];
  readonly #waiting = new Set<() => void>();
  url = "";

  /** What is answered to the platform's own check of the address. */
  challenge: (url: URL) => { readonly status: number; readonly body: string } | null = () => null;

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  clear(): void {
    this.#taken = [];
  }

  /** @throws Error when nothing that fits comes in time */
  async next(fits: (delivered: Delivered) => boolean): Promise<Delivered> {
    const until = Date.now() + deliveryMsMax;
    for (;;) {
      const index = this.#taken.findIndex(fits);
      const [found] = index < 0 ? [] : this.#taken.splice(index, 1);
      if (found) return found;
      const leftMs = until - Date.now();
      if (leftMs <= 0) throw new Error("the platform delivered nothing");
      await this.#change(leftMs);
    }
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#waiting.add(done);
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
