import { createChannelHttp } from "./http.ts";
import { createMemoryRateLimiter } from "./memory-rate-limiter.ts";
import type {
  Channel,
  ChannelSession,
  FreshToken,
  ListingRef,
  RateLimit,
  TokenSource,
  WebhookRequest,
} from "./contract.ts";
import type { FaultKind } from "#app/domain/propagation/faults.ts";

/** What a channel's test hands to the conformance suite: everything that differs by platform. */
export interface ChannelScenario {
  /** The channel's folder, as `import.meta.dirname`; its `fixtures/*.json` are read. */
  readonly folder: string;
  /** Topics to feed garbage under. */
  readonly topics: readonly string[];
  /** Starts the simulated platform. Called once, before all tests; `close` after them. */
  start(): Promise<ScenarioPlatform>;
  /** What the platform answers when it refuses; left out: plain 401, 429 with Retry-After 7, 503. */
  readonly answers?: {
    readonly unauthorised?: CannedAnswer;
    readonly throttled?: CannedAnswer;
    readonly unavailable?: CannedAnswer;
  };
  /** Kinds that are right for a listing which is not there; left out: unknown-listing, rejected. */
  readonly unknownListingKinds?: readonly FaultKind[];
  /** How the platform signs; left out by channels that have no `webhooks`. */
  readonly webhook?: ScenarioWebhook;
}

export interface ScenarioPlatform {
  /** Environment variables for the channel's `app` schema, simulator addresses included. */
  readonly variables: Readonly<Record<string, string>>;
  readonly shopDomain: string;
  readonly accountId: string;
  readonly settings: unknown;
  readonly secrets: Readonly<Record<string, string>>;
  /** Three or more listings that exist. */
  readonly listings: readonly ListingRef[];
  /** One that does not. */
  readonly unknownListing: ListingRef;
  /** Waits until accepted numbers are visible (Amazon: "accepted is not visible"); absent: at once. */
  settled?(): Promise<void>;
  close(): Promise<void>;
}

export interface ScenarioWebhook {
  readonly accountId: string;
  /** A genuine delivery; equal calls are repeats of the same delivery. */
  delivery(variables: Readonly<Record<string, string>>): WebhookRequest;
  /** Serves the platform's public key (eBay). */
  readonly http?: typeof fetch;
}

export interface CannedAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A canned answer, or how the call fails. */
export type Injection = CannedAnswer | "timeout" | "refused";

/** One connection to the running platform, with a switch to make its next calls go wrong. */
export interface Rig {
  readonly session: ChannelSession;
  readonly tokens: MemoryTokens;
  /** The next `count` calls get this instead of reaching the platform. */
  inject(injection: Injection, count?: number): void;
  /** Calls that reached the platform or an injection. */
  calls(): number;
  refreshes(): number;
  /** Every text a fault or a log line carried, and every secret that must not be in them. */
  readonly spoken: string[];
  secrets(): readonly string[];
}

/**
 * Binds the channel to the running platform through the real HTTP core. A second rig on the same
 * platform takes the first one's `tokens`: platforms that rotate refresh tokens allow no other way.
 */
export function createRig(
  channel: Channel,
  scenario: ChannelScenario,
  platform: ScenarioPlatform,
  tokens = createMemoryTokens(platform.secrets),
): Rig {
  const injections: Injection[] = [];
  const spoken: string[] = [];
  let calls = 0;
  const fetchOrInject: typeof fetch = (input, init) => {
    calls += 1;
    const injection = injections.shift();
    return injection ? injected(injection) : fetch(input, init);
  };
  const say = (fields: object, message: string) =>
    void spoken.push(JSON.stringify(fields), message);
  const session = channel.open({
    shopDomain: platform.shopDomain,
    accountId: platform.accountId,
    app: channel.app.parse(platform.variables),
    settings: channel.settings.parse(platform.settings),
    secrets: channel.secrets.parse(platform.secrets),
    http: createChannelHttp({
      limiter: createMemoryRateLimiter(),
      connectionKey: { shopId: "shop", connectionId: "connection" },
      limits: widened(channel.limits),
      fetch: fetchOrInject,
      logger: { debug: say, warn: say },
      now: () => new Date(),
      ...(channel.rateFeedback ? { feedback: channel.rateFeedback } : {}),
    }),
    tokens,
    now: () => new Date(),
  });
  return {
    session,
    tokens,
    spoken,
    inject: (injection, count = 1) =>
      void injections.push(...Array.from({ length: count }, () => injection)),
    calls: () => calls,
    refreshes: () => tokens.seen().length,
    secrets: () => [
      ...tokens.seen(),
      ...tokens.secretsSeen(),
      ...Object.entries(platform.variables)
        .filter(([name]) => /SECRET|TOKEN/.test(name))
        .map(([, value]) => value),
    ],
  };
}

/** The suite asks what is said about limits, not how fast we go: buckets large enough not to matter. */
function widened(limits: Readonly<Record<string, RateLimit>>): Record<string, RateLimit> {
  const wide = { ratePerSecond: 10_000, burst: 10_000 };
  return Object.fromEntries(Object.keys(limits).map((operation) => [operation, wide]));
}

function injected(injection: Injection): Promise<Response> {
  if (injection === "timeout") {
    return Promise.reject(new DOMException("The operation timed out", "TimeoutError"));
  }
  if (injection === "refused") {
    const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    return Promise.reject(new TypeError("fetch failed", { cause }));
  }
  const { status, body, headers } = injection;
  return Promise.resolve(new Response(body, { status, ...(headers ? { headers } : {}) }));
}

export interface MemoryTokens extends TokenSource<unknown> {
  /** Every access token ever handed out. */
  seen(): readonly string[];
  /** Every refresh token and other secret, rotated ones included. */
  secretsSeen(): readonly string[];
}

/** A token source of one process, without locks. */
export function createMemoryTokens(initialSecrets: Readonly<Record<string, string>>): MemoryTokens {
  const seen: string[] = [];
  const secretsSeen = Object.values(initialSecrets);
  let secrets: unknown = initialSecrets;
  let current: FreshToken<unknown> | undefined;
  return {
    async accessToken(refresh) {
      if (!current) {
        current = await refresh(secrets);
        secrets = current.secrets ?? secrets;
        secretsSeen.push(...Object.values(secrets as Record<string, string>));
        seen.push(current.accessToken);
      }
      return current.accessToken;
    },
    discard(accessToken) {
      if (current?.accessToken === accessToken) current = undefined;
      return Promise.resolve();
    },
    seen: () => seen,
    secretsSeen: () => secretsSeen,
  };
}
