import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { closeDb, db } from "#app/db/client.server.ts";
import { webhookDoor } from "#app/ingest/door.server.ts";
import { applyEvents } from "#app/ingest/apply-events.ts";
import { pollQueue, queueChannels } from "#app/ingest/poll-queue.ts";
import { resolveEvents } from "#app/ingest/resolve-events.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { readHandOver } from "#app/services/connect/state-of.ts";
import { propagateConnection } from "#app/services/propagation/propagate-connection.ts";
import { forgetShops } from "#app/services/shops/find-shop.ts";
import { readSandboxConfig } from "#sandbox/config.ts";
import { platformsFound } from "#sandbox/found.generated.ts";
import { startSandbox, type Sandbox } from "#sandbox/start.ts";
import { expectInvariants, expectOrdersHeld } from "./invariants.ts";
import { channelIds, seedWorld, type ChannelId, type SeededWorld } from "./seeded-world.ts";
import { until } from "./until.ts";

/** Longer than any settling, landing or waiting time that a story has to get over. */
const longMs = 40_000;
/** Rounds in which a world without disturbances must have come to rest. */
const convergeRoundsMax = 12;

/**
 * The whole world in one process: the sandbox with all its platforms (four of them connected), the real webhook door, the real adapters,
 * Postgres. Nothing works by itself but the door and Amazon's queue: a story says when ingest and propagation run.
 */
export class World {
  readonly sandbox: Sandbox;
  readonly #door: Server;
  #seeded: SeededWorld | null = null;
  #polling = new AbortController();

  constructor(sandbox: Sandbox, door: Server) {
    this.sandbox = sandbox;
    this.#door = door;
  }

  static async start(): Promise<World> {
    const door = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
    const doorUrl = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
    const { config } = readSandboxConfig({ ...process.env, SANDBOX_APP_URL: doorUrl });
    const sandbox = await startSandbox({ config });
    const { url } = sandbox;
    // Before anything reads them: the app knows nothing of the sandbox but other addresses.
    process.env["SHOPIFY_APP_URL"] = doorUrl;
    for (const platform of platformsFound) {
      Object.assign(process.env, platform.variables({ sandboxUrl: url, appUrl: doorUrl }));
    }
    return new World(sandbox, door);
  }

  /** A fresh world: full stock everywhere, one shop that knows it, nothing on its way. */
  async begin(size: { readonly skus: number; readonly stock: number }): Promise<void> {
    this.#polling.abort();
    this.sandbox.control.reset(size);
    // What the published limits do is the adapters' own suite; stories are not about waiting.
    this.sandbox.control.setFaults({ rateLimitFactor: 1_000 });
    this.#seeded = await seedWorld(this.sandbox.url, size);
    forgetShops();
    this.#polling = new AbortController();
    for (const channel of queueChannels()) void pollQueue(channel, this.#polling.signal);
  }

  async stop(): Promise<void> {
    this.#polling.abort();
    await this.sandbox.stop();
    this.#door.closeAllConnections();
    await new Promise((resolve) => this.#door.close(resolve));
    await closeQueues();
    await closeDb();
  }

  get seeded(): SeededWorld {
    if (!this.#seeded) throw new Error("begin() first");
    return this.#seeded;
  }

  get shopId(): string {
    return this.seeded.shopId;
  }

  /** A buyer orders. @returns the order's id, or null when the channel refused for want of units */
  order(channel: ChannelId, sku: string, quantity: number): string | null {
    const outcome = this.sandbox.control.order({ channel, sku, quantity });
    return outcome.accepted ? outcome.orderId : null;
  }

  /** As {@link order}, for buyers that must not be refused. */
  sells(channel: ChannelId, sku: string, quantity: number): string {
    const orderId = this.order(channel, sku, quantity);
    if (orderId === null) throw new Error(`${channel} refused ${quantity} of ${sku}`);
    return orderId;
  }

  /** Waits until the app has been told of the order, `times` times. */
  async heard(orderId: string, times = 1): Promise<void> {
    await until(`news of order ${orderId}`, async () => {
      const where = { shopId: this.shopId, payload: { contains: orderId } };
      return (await db().inboundEvent.count({ where })) >= times;
    });
  }

  /** Waits until nothing is on its way from the platforms to the door. */
  async quiet(): Promise<void> {
    await until("the platforms have said everything", () => {
      const stats = Object.values(this.sandbox.control.stats());
      return stats.every(({ webhooksPending }) => webhooksPending === 0);
    });
  }

  /** Ingest runs: orders are fetched where the channel only hints, then everything is applied. */
  async ingest(): Promise<void> {
    const { shopId, connections } = this.seeded;
    for (const id of Object.values(connections)) await resolveEvents(shopId, id);
    await applyEvents(shopId);
  }

  /** Propagation runs, for all channels or one. */
  async push(channel?: ChannelId): Promise<void> {
    const { shopId, connections } = this.seeded;
    const ids = channel === undefined ? Object.values(connections) : [connections[channel]];
    await Promise.all(ids.map((id) => propagateConnection(shopId, id)));
  }

  /** All waits that are measured by the database's clock get shorter by this much. */
  async timePasses(ms = longMs): Promise<void> {
    const { shopId } = this;
    await db().$executeRaw`
      UPDATE listing SET read_due_at = read_due_at - ${ms} * interval '1 millisecond',
        drift_since = drift_since - ${ms} * interval '1 millisecond',
        next_attempt_at = next_attempt_at - ${ms} * interval '1 millisecond'
      WHERE shop_id = ${shopId}::uuid`;
    await db().$executeRaw`
      UPDATE connection SET next_attempt_at = next_attempt_at - ${ms} * interval '1 millisecond'
      WHERE shop_id = ${shopId}::uuid`;
    await db().$executeRaw`
      UPDATE inbound_event SET next_attempt_at = next_attempt_at - ${ms} * interval '1 millisecond'
      WHERE shop_id = ${shopId}::uuid`;
  }

  /** What a buyer sees for the SKU, by connected channel. */
  shown(sku: string): Readonly<Record<string, number | null>> {
    const shown = this.sandbox.control.shown([sku]).skus[sku] ?? {};
    return Object.fromEntries(channelIds.map((id) => [id, shown[id] ?? null]));
  }

  /** The writes that reached a channel so far. */
  writes(channel: ChannelId): readonly { readonly sku: string; readonly shown: number }[] {
    const { writes } = this.sandbox.control.writes(0);
    return writes.filter(({ platform }) => platform === channel);
  }

  /** Units of the SKU over all locations, by the ledger's levels. */
  async stock(sku: string): Promise<{ onHand: number; committed: number; available: number }> {
    const levels = await db().stockLevel.findMany({
      where: { shopId: this.shopId, skuId: this.seeded.skuIds[sku] ?? "" },
    });
    const onHand = levels.reduce((sum, level) => sum + level.onHand, 0);
    const committed = levels.reduce((sum, level) => sum + level.committed, 0);
    return { onHand, committed, available: onHand - committed };
  }

  async oversold(orderId: string): Promise<number> {
    const lines = await db().orderLine.findMany({ where: { shopId: this.shopId, orderId } });
    return lines.reduce((sum, line) => sum + line.oversold, 0);
  }

  async alerts(): Promise<readonly { severity: string; message: string; count: number }[]> {
    return await db().alert.findMany({ where: { shopId: this.shopId } });
  }

  /** All channels show what is available, nothing waits, and the ledger's invariants hold (DESIGN 3). */
  async converges(skus: readonly string[]): Promise<void> {
    for (let round = 1; ; round += 1) {
      await this.quiet();
      await this.ingest();
      await this.push();
      const wrong: string[] = [];
      for (const sku of skus) {
        const { available } = await this.stock(sku);
        const shown = this.shown(sku);
        for (const channel of channelIds) {
          const units = shown[channel] ?? null;
          if (units !== available) wrong.push(`${channel} shows ${units} of ${available} ${sku}`);
        }
      }
      if (wrong.length === 0 && (await this.#waiting()) === 0) break;
      if (round === convergeRoundsMax) throw new Error(`no convergence: ${wrong.join("; ")}`);
      await this.timePasses();
    }
    await expectInvariants();
    await expectOrdersHeld();
  }

  async #waiting(): Promise<number> {
    const { shopId } = this;
    const [events, listings, pushes] = await Promise.all([
      db().inboundEvent.count({ where: { shopId, status: { in: ["ready", "hint"] } } }),
      db().listing.count({
        where: { shopId, OR: [{ nextAttemptAt: { not: null } }, { readDueAt: { not: null } }] },
      }),
      db().push.count({ where: { shopId, outcome: "sending" } }),
    ]);
    return events + listings + pushes;
  }
}

/** The parts of the web process that platforms call: the webhook door, and where WooCommerce posts its keys. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (await webhookDoor(request, response)) return;
  const channelId = /^\/connect\/([^/]+)\/hand-over$/.exec(request.url ?? "")?.[1];
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const taken =
    channelId !== undefined && (await readHandOver(channelId, Buffer.concat(chunks).toString()));
  response.writeHead(taken ? 200 : 404).end();
}
