import { demoCatalogue, type DemoCatalogue } from "./catalogue.ts";
import type { SandboxPlatform, WriteRecord } from "./channel.ts";
import type { RecordedOrder, SandboxConfig } from "./context.ts";
import { noFaults, type FaultSettings } from "./faults.ts";
import { platformsFound } from "./found.generated.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limit.ts";
import type { PlatformDefinition } from "./platform.ts";
import { createRing, type Ring } from "./ring.ts";
import { createWebhookEmitter, type WebhookEmitter } from "./webhook-emitter.ts";

/** A platform with what the server and the control API need around it. */
export interface Stand {
  readonly definition: PlatformDefinition;
  readonly platform: SandboxPlatform;
  readonly emitter: WebhookEmitter;
  readonly limiter: RateLimiter;
  faults: FaultSettings;
  /** Requests since the world began. */
  requests: number;
  /** Answers 5xx. */
  errors: number;
  /** Writes since the world began: the server uses it to know whether a request wrote something. */
  writes: number;
  /** Access tokens issued before this are expired; ms since the epoch. */
  tokensValidFromMs: number;
}

export type LoggedOrder = RecordedOrder & { readonly channel: string };

/** Everything the sandbox simulates; one `reset` throws it away and builds the next. */
export interface World {
  readonly catalogue: DemoCatalogue;
  readonly stands: ReadonlyMap<string, Stand>;
  readonly orders: Ring<LoggedOrder>;
  readonly writes: Ring<WriteRecord>;
  stop(): void;
}

/** Writes and orders the control API can still list. */
const logLengthMax = 200_000;

export interface WorldOptions {
  readonly config: SandboxConfig;
  readonly size: { readonly skus: number; readonly stock: number };
  readonly sandboxUrl: () => string;
  /** Something worth saving changed. */
  readonly changed: () => void;
}

/** A fresh world: every platform with full stock, no orders, no faults. */
export function createWorld(options: WorldOptions): World {
  const { config, changed } = options;
  const catalogue = demoCatalogue(options.size);
  const byCode = new Map(catalogue.skus.map((sku) => [sku.code, sku]));
  const orders = createRing<LoggedOrder>(logLengthMax);
  const writes = createRing<WriteRecord>(logLengthMax);
  const stands = new Map<string, Stand>();
  function stand(definition: PlatformDefinition): void {
    const { id } = definition;
    const faults = () => stands.get(id)?.faults ?? noFaults(config.latencyMs);
    const now = () => Date.now() + faults().clockSkewMs;
    const emitter = createWebhookEmitter({
      appUrl: config.appUrl,
      ladder: definition.ladder,
      faults,
      random: Math.random,
    });
    const limiter = createRateLimiter({ faults, now: () => Date.now(), random: Math.random });
    const platform = definition.create({
      platform: id,
      catalogue,
      skuByCode: (code) => byCode.get(code),
      config,
      credential(name) {
        const value = definition.credentials.includes(name) ? config.credentials[name] : undefined;
        if (!value) throw new Error(`The sandbox's ${id} handed out no ${name}.`);
        return value;
      },
      tokensValidFromMs: () => stands.get(id)?.tokensValidFromMs ?? 0,
      faults,
      emitter,
      limiter,
      recordWrite(sku, shown) {
        writes.push({ platform: id, sku, shown, atMs: Date.now() });
        const own = stands.get(id);
        if (own) own.writes += 1;
        changed();
      },
      recordOrder(order) {
        orders.push({ channel: id, ...order });
        changed();
      },
      changed,
      sandboxUrl: options.sandboxUrl,
      now,
    });
    stands.set(id, {
      definition,
      platform,
      emitter,
      limiter,
      faults: noFaults(config.latencyMs),
      requests: 0,
      errors: 0,
      writes: 0,
      tokensValidFromMs: 0,
    });
  }

  for (const definition of platformsFound) stand(definition);
  return {
    catalogue,
    stands,
    orders,
    writes,
    stop() {
      for (const { emitter } of stands.values()) emitter.stop();
    },
  };
}
