import type { FaultKind } from "#app/domain/propagation/faults.ts";
import { createMemoryTokens, type MemoryTokens } from "./tokens.ts";
import type { ScenarioPlatform, StartOptions } from "./sandbox.ts";
import { createChannelHttp } from "#app/channels/http.ts";
import { inListingOrder } from "#app/channels/in-listing-order.ts";
import { createMemoryRateLimiter } from "#app/channels/memory-rate-limiter.ts";
import type {
  Channel,
  ChannelContext,
  ChannelSession,
  EventDoor,
  ListingRef,
  RateLimit,
  WebhookRequest,
} from "#app/channels/contract.ts";
import type { PlatformDefinition } from "#sandbox/platform.ts";

/** What a channel's test hands to the conformance suite: everything that differs by platform. */
export interface ChannelScenario {
  /** The channel's folder, as `import.meta.dirname`; its `fixtures/*.json` are read. */
  readonly folder: string;
  /** `sandbox/<id>/index.ts` */
  readonly platform: PlatformDefinition;
  /** `StartOptions.secrets` */
  readonly secrets?: StartOptions["secrets"];
  /** `tokens`: access tokens that are renewed; `keys`: the same keys with every call. */
  readonly signsInWith: "tokens" | "keys";
  /** Topics to feed garbage under. */
  readonly topics: readonly string[];
  /** Keys of a listing that is not there. */
  readonly unknownListing: ListingRef["externalIds"];
  /** Kinds that are right for a listing which is not there; left out: unknown-listing, rejected. */
  readonly unknownListingKinds?: readonly FaultKind[];
  /** What the platform answers when it refuses; left out: plain 401, 429 with Retry-After 7, 503. */
  readonly answers?: {
    readonly unauthorised?: CannedAnswer;
    readonly throttled?: CannedAnswer;
    readonly unavailable?: CannedAnswer;
    /** Answers of status 200 to a push that say no, and what they mean. */
    readonly refusedWith200?: readonly (CannedAnswer & {
      readonly name: string;
      readonly kind: FaultKind;
    })[];
  };
  /** How the platform signs; left out by channels that have no `webhooks`. */
  readonly webhook?: ScenarioWebhook;
  /** What a merchant fills in; needed by channels with `connect`. */
  readonly connect?: ScenarioConnect;
  /** Waits until accepted numbers are visible (Amazon: "accepted is not visible"); absent: at once. */
  settled?(platform: ScenarioPlatform): Promise<void>;
  /** Shipments are reported for whole orders only: the suite tests no partial ones. */
  readonly shipsWholeOrders?: true;
  /** Cancelled units are not seen line by line: the suite tests no partial cancels. */
  readonly cancelsWholeOrders?: true;
  /** Checks a call against the platform's own schema. Null where ../shared is absent: that test is skipped by name. */
  readonly spec: ExchangeCheck | null;
}

export interface ScenarioConnect {
  readonly values: (platform: ScenarioPlatform) => Readonly<Record<string, string>>;
  /** Values (keys) that the platform refuses; for channels without `authorizeUrl`. */
  readonly wrongValues?: (platform: ScenarioPlatform) => Readonly<Record<string, string>>;
}

export interface ScenarioWebhook {
  /** What `verify` says about the delivery's account. */
  readonly accountId: string | null;
  /** A genuine delivery; equal calls are repeats of the same delivery. */
  delivery(
    variables: Readonly<Record<string, string>>,
    at: Pick<WebhookRequest, "url" | "door">,
  ): Pick<WebhookRequest, "rawBody" | "headers">;
  /** Does at the platform what a person has to do where `setUpEvents` cannot (Flipkart: an e-mail, Etsy: the portal). */
  registerByHand?(platform: ScenarioPlatform, door: EventDoor): Promise<void>;
  /** Serves the platform's public key (eBay). */
  readonly http?: typeof fetch;
  /** The signature does not cover the body (Flipkart): changed bytes are not refused, the state is fetched. */
  readonly bodyUnsigned?: true;
}

/** One call as it left the client and came back. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly status: number;
  readonly responseBody: string;
  readonly responseType: string;
}

/** @returns what does not fit, one sentence each; empty when the call is as the platform documents it */
export type ExchangeCheck = (exchange: Exchange) => readonly string[];

export interface CannedAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A canned answer, how the call fails, or "pass": this one reaches the platform. */
export type Injection = CannedAnswer | "timeout" | "refused" | "pass";

/** One connection to the running platform, with switches to make its next calls go wrong. */
export interface Rig {
  readonly context: ChannelContext<unknown, unknown, unknown>;
  readonly session: ChannelSession;
  readonly tokens: MemoryTokens;
  /** The next `count` calls get this instead of reaching the platform. */
  inject(injection: Injection, count?: number): void;
  /** While on, calls that wrote something reach the platform and their answers never come back. */
  loseAnswersOfWrites(on: boolean): void;
  /** Calls that reached the platform or an injection. */
  calls(): number;
  refreshes(): number;
  /** What reached the platform, in order; the first `exchangesMax`. */
  readonly exchanges: readonly Exchange[];
  /** Every text a fault or a log line carried, and every secret that must not be in them. */
  readonly spoken: string[];
  secrets(): readonly string[];
}

export interface RigOptions {
  /**
   * A second rig on the same platform takes the first one's tokens: platforms that rotate refresh tokens allow no
   * other way.
   */
  readonly tokens?: MemoryTokens;
  /** The declared limits as they are, for the test that they are kept. */
  readonly publishedLimits?: boolean;
  readonly account?: {
    readonly accountId: string;
    readonly settings: unknown;
    readonly secrets: unknown;
  };
}

/** Exchanges kept for the schema check. */
const exchangesMax = 2_000;
/** Larger bodies are kept cut, and then not checked. */
export const exchangeCharsMax = 200_000;

/** Binds the channel to the running platform through the real HTTP core. */
export function createRig(
  channel: Channel,
  platform: ScenarioPlatform,
  options: RigOptions = {},
): Rig {
  const account = options.account ?? platform;
  const tokens =
    options.tokens ?? createMemoryTokens(account.secrets as Readonly<Record<string, string>>);
  const spoken: string[] = [];
  const line = createLine(platform);
  const say = (fields: object, message: string) =>
    void spoken.push(JSON.stringify(fields), message);
  const context: ChannelContext<unknown, unknown, unknown> = {
    shopDomain: platform.shopDomain,
    accountId: account.accountId,
    app: channel.app.parse(platform.variables),
    settings: channel.settings.parse(account.settings),
    secrets: channel.secrets.parse(account.secrets),
    http: createChannelHttp({
      limiter: createMemoryRateLimiter(),
      connectionKey: { shopId: "shop", connectionId: "connection" },
      limits: options.publishedLimits ? channel.limits : widened(channel.limits),
      fetch: line.fetch,
      logger: { debug: say, warn: say },
      now: () => new Date(),
      ...(channel.rateFeedback ? { feedback: channel.rateFeedback } : {}),
    }),
    tokens,
    now: () => new Date(),
  };
  const appSecrets = platform.definition.credentials
    .filter((name) => /SECRET|TOKEN|PASSWORD/.test(name))
    .map((name) => platform.variables[name] ?? "");
  return {
    ...line,
    context,
    session: inListingOrder(channel.open(context)),
    tokens,
    refreshes: () => tokens.seen().length,
    spoken,
    secrets: () => [...tokens.seen(), ...tokens.secretsSeen(), ...appSecrets].filter(Boolean),
  };
}

type Line = Pick<Rig, "inject" | "loseAnswersOfWrites" | "calls" | "exchanges"> & {
  readonly fetch: typeof fetch;
};

/** The wire between client and platform. */
function createLine(platform: ScenarioPlatform): Line {
  const injections: Injection[] = [];
  const exchanges: Exchange[] = [];
  let calls = 0;
  let losing = false;
  const writes = () => platform.sandbox.control.stats()[platform.definition.id]?.writes ?? 0;

  async function reach(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
    const before = writes();
    const answer = await fetch(input, init);
    if (exchanges.length < exchangesMax)
      exchanges.push(await recorded(input, init, answer.clone()));
    if (losing && writes() > before) {
      await answer.body?.cancel();
      throw new DOMException("The operation timed out", "TimeoutError");
    }
    return answer;
  }

  return {
    exchanges,
    calls: () => calls,
    inject(injection, count = 1) {
      for (let made = 0; made < count; made += 1) injections.push(injection);
    },
    loseAnswersOfWrites(on) {
      losing = on;
    },
    fetch: (input, init) => {
      calls += 1;
      const injection = injections.shift() ?? "pass";
      return injection === "pass" ? reach(input, init) : injected(injection);
    },
  };
}

async function recorded(
  input: Parameters<typeof fetch>[0],
  init: RequestInit | undefined,
  answer: Response,
): Promise<Exchange> {
  const responseBody = (await answer.text()).slice(0, exchangeCharsMax);
  return {
    method: init?.method ?? "GET",
    url: input instanceof Request ? input.url : input.toString(),
    headers: Object.fromEntries(new Headers(init?.headers)),
    body: bodyText(init?.body),
    status: answer.status,
    responseBody,
    responseType: answer.headers.get("content-type") ?? "",
  };
}

function bodyText(body: RequestInit["body"]): string | null {
  if (body === undefined || body === null) return null;
  if (typeof body === "string") return body.slice(0, exchangeCharsMax);
  return body instanceof Uint8Array
    ? Buffer.from(body).toString("utf8").slice(0, exchangeCharsMax)
    : null;
}

/** So wide that no test waits for a bucket; the declared limits have their own tests. */
function widened(limits: Readonly<Record<string, RateLimit>>): Record<string, RateLimit> {
  const wide: RateLimit = { ratePerSecond: 1_000_000, burst: 1_000_000 };
  return Object.fromEntries(Object.keys(limits).map((operation) => [operation, wide]));
}

function injected(injection: Exclude<Injection, "pass">): Promise<Response> {
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
