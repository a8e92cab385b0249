import type { DemoCatalogue, DemoSku } from "./catalogue.ts";
import type { FaultSettings } from "./faults.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { WebhookEmitter } from "./webhook-emitter.ts";

/** What the sandbox was started with. */
export interface SandboxConfig {
  /** Where webhooks go, without a trailing slash; null: no app yet, webhooks are dropped as failed. */
  readonly appUrl: string | null;
  /** What the platforms handed out to the app, by the app's variable names. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Every answer takes at least this long unless a fault says otherwise, milliseconds. */
  readonly latencyMs: number;
  readonly skus: number;
  readonly stock: number;
  readonly stateFile: string | null;
}

/** What one simulated platform gets to work with. Each platform has its own context over a shared world. */
export interface SandboxContext {
  /** The platform this context belongs to: a folder's name. */
  readonly platform: string;
  readonly catalogue: DemoCatalogue;
  skuByCode(code: string): DemoSku | undefined;
  readonly config: SandboxConfig;
  /** What this platform handed out to the app under that variable's name. @throws Error for one it does not know */
  credential(name: string): string;
  /** Access tokens issued before this are expired, whatever their age (control: expire-tokens); ms since the epoch. */
  tokensValidFromMs(): number;
  /**
   * This platform's faults now; read it at use, never keep it. Latency, HTTP 500, `down` and the
   * answer lost after a write are done by the server; `throttleShare` and `rateLimitFactor` by the
   * limiter; duplicates, reordering, drops and delays by the emitter.
   */
  faults(): FaultSettings;
  /** Sends signed webhooks to the app, with this platform's faults. */
  readonly emitter: WebhookEmitter;
  /** Token buckets of this platform. */
  readonly limiter: RateLimiter;
  /** To be called once for each number the app wrote; `shown` = what a buyer sees after it. Marks the state changed. */
  recordWrite(sku: string, shown: number): void;
  /** To be called once for each accepted buyer's order. Marks the state changed. */
  recordOrder(order: RecordedOrder): void;
  /** Anything else in the platform's snapshot changed: it is saved within a second. */
  changed(): void;
  /** The sandbox's own address without a trailing slash: "http://127.0.0.1:4100". */
  sandboxUrl(): string;
  /** The platforms' clock, milliseconds since the epoch. */
  now(): number;
}

/** An order as the sandbox's own log keeps it, for reports and checks. */
export interface RecordedOrder {
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
  readonly placedAtMs: number;
}
