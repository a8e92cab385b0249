import { createAmazonSandbox } from "./amazon/index.ts";
import { demoCatalogue, type DemoCatalogue } from "./catalogue.ts";
import type { SandboxPlatform, WriteRecord } from "./channel.ts";
import type { SandboxConfig } from "./config.ts";
import type { RecordedOrder, SandboxContext } from "./context.ts";
import { createEbaySandbox } from "./ebay/index.ts";
import { noFaults, type FaultSettings } from "./faults.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limit.ts";
import { createRing, type Ring } from "./ring.ts";
import { createShopifySandbox } from "./shopify/index.ts";
import { createTiktokShopSandbox } from "./tiktok-shop/index.ts";
import { createWebhookEmitter, type RetryLadder, type WebhookEmitter } from "./webhook-emitter.ts";

/** A platform with what the server and the control API need around it. */
export interface Stand {
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
}

export type LoggedOrder = RecordedOrder & { readonly channel: string };

/** Everything the sandbox simulates; one `reset` throws it away and builds the next. */
export interface World {
  readonly catalogue: DemoCatalogue;
  readonly stands: ReadonlyMap<string, Stand>;
  /** Also serves its admin pages (mounted at /admin). */
  readonly shopify: ReturnType<typeof createShopifySandbox>;
  readonly orders: Ring<LoggedOrder>;
  readonly writes: Ring<WriteRecord>;
  stop(): void;
}

/** Writes and orders the control API can still list. */
const logLengthMax = 200_000;

/**
 * The platforms' own retries, compressed so that a test sees them: Shopify 8 in 4 h, eBay "some",
 * TikTok Shop 4 over 12 h (channels.md 2, shopify.md 4). Answer times are the platforms' own.
 */
const ladders: Record<string, RetryLadder> = {
  shopify: {
    delaysMs: [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000, 60_000],
    answerTimeoutMs: 5_000,
  },
  ebay: { delaysMs: [1_000, 3_000, 10_000, 30_000], answerTimeoutMs: 3_000 },
  "tiktok-shop": { delaysMs: [1_000, 5_000, 15_000, 60_000], answerTimeoutMs: 3_000 },
  amazon: { delaysMs: [], answerTimeoutMs: 3_000 },
};

export const platformIds = ["shopify", "amazon", "ebay", "tiktok-shop"] as const;

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
  const now = () => Date.now();

  function stand<Platform extends SandboxPlatform>(
    id: (typeof platformIds)[number],
    create: (context: SandboxContext) => Platform,
  ): Platform {
    const faults = () => stands.get(id)?.faults ?? noFaults(config.latencyMs);
    const ladder = ladders[id] ?? { delaysMs: [], answerTimeoutMs: 3_000 };
    const emitter = createWebhookEmitter({
      appUrl: config.appUrl,
      ladder,
      faults,
      random: Math.random,
    });
    const limiter = createRateLimiter({ faults, now, random: Math.random });
    const platform = create({
      platform: id,
      catalogue,
      skuByCode: (code) => byCode.get(code),
      config,
      faults,
      emitter,
      limiter,
      recordWrite(sku, shown) {
        writes.push({ platform: id, sku, shown, atMs: now() });
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
      platform,
      emitter,
      limiter,
      faults: noFaults(config.latencyMs),
      requests: 0,
      errors: 0,
      writes: 0,
    });
    return platform;
  }

  const shopify = stand("shopify", createShopifySandbox);
  stand("amazon", createAmazonSandbox);
  stand("ebay", createEbaySandbox);
  stand("tiktok-shop", createTiktokShopSandbox);
  return {
    catalogue,
    stands,
    shopify,
    orders,
    writes,
    stop() {
      for (const { emitter } of stands.values()) emitter.stop();
    },
  };
}
