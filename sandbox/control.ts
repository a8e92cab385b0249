import type { ServerResponse } from "node:http";
import { z } from "zod";
import { answerJson, parseJson } from "./answer.ts";
import type { OrderOutcome, SandboxRequest, WriteRecord } from "./channel.ts";
import { faultSettingsShape, noFaults, type FaultSettings } from "./faults.ts";
import type { LoggedOrder, Stand, World } from "./world.ts";

/** Units one buyer's order or a manual change may name. */
const orderQuantityMax = 100;
const shownQuantityMax = 99_999;
/** Log entries in one answer; ask again with `next` for more. */
const logPageLengthMax = 50_000;
const skusMax = 100_000;
const stockMax = 1_000_000;

const channel = z.string();
const shapes = {
  order: z.strictObject({
    channel,
    sku: z.string(),
    quantity: z.number().int().min(1).max(orderQuantityMax).default(1),
  }),
  cancel: z.strictObject({
    channel,
    orderId: z.string(),
    /** Left out: the whole order. */
    quantity: z.number().int().min(1).max(orderQuantityMax).optional(),
  }),
  returned: z.strictObject({
    channel,
    orderId: z.string(),
    returnId: z.string().min(1).max(40),
    quantity: z.number().int().min(1).max(orderQuantityMax),
    state: z.enum(["requested", "received", "closed"]).default("requested"),
  }),
  expireTokens: z.strictObject({ channel }),
  shown: z.strictObject({
    channel,
    sku: z.string(),
    quantity: z.number().int().min(0).max(shownQuantityMax),
  }),
  faults: faultSettingsShape.partial().extend({ channel: channel.optional() }).strict(),
  reset: z.strictObject({
    skus: z.number().int().min(1).max(skusMax).optional(),
    stock: z.number().int().min(0).max(stockMax).optional(),
  }),
};

/** What a caller did wrong; answered with its status. */
export class ControlError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "ControlError";
    this.status = status;
  }
}

export interface ControlOptions {
  /** Read at every call: a reset replaces it. */
  readonly world: () => World;
  readonly reset: (size: z.infer<typeof shapes.reset>) => void;
  /** How fast a platform without faults answers. */
  readonly latencyMs: number;
}

/** What tests and the flash sale do to the world; each method is one endpoint under /control. @throws ControlError */
export class Control {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  order(order: z.input<typeof shapes.order>): OrderOutcome {
    const { channel: id, sku, quantity } = parse(shapes.order, order);
    return this.#stand(id).platform.placeOrder({ sku, quantity });
  }

  cancel(cancel: z.input<typeof shapes.cancel>): { readonly cancelled: boolean } {
    const { channel: id, orderId, quantity } = parse(shapes.cancel, cancel);
    const { platform } = this.#stand(id);
    if (quantity === undefined) return { cancelled: platform.cancelOrder(orderId) };
    return { cancelled: platform.cancelUnits?.(orderId, quantity) ?? false };
  }

  /** A buyer sends units back. */
  putReturn(given: z.input<typeof shapes.returned>): { readonly accepted: boolean } {
    const { channel: id, orderId, returnId, quantity, state } = parse(shapes.returned, given);
    const returned = { returnId, units: quantity, state };
    return { accepted: this.#stand(id).platform.putReturn?.(orderId, returned) ?? false };
  }

  /** Every access token handed out so far is expired from now on; refreshing works. */
  expireTokens(given: z.input<typeof shapes.expireTokens>): { readonly expired: true } {
    const stand = this.#stand(parse(shapes.expireTokens, given).channel);
    // Tokens carry milliseconds: one issued in this very one is expired too.
    stand.tokensValidFromMs = Date.now() + stand.faults.clockSkewMs + 1;
    return { expired: true };
  }

  setShown(change: z.input<typeof shapes.shown>): { readonly shown: number | null } {
    const { channel: id, sku, quantity } = parse(shapes.shown, change);
    const { platform } = this.#stand(id);
    if (platform.shown(sku) === null) throw new ControlError(404, `"${sku}" is not listed.`);
    platform.setShown(sku, quantity);
    return { shown: platform.shown(sku) };
  }

  /** @param codes all SKUs when empty */
  shown(codes: readonly string[]): ShownTable {
    const { catalogue, stands } = this.#options.world();
    const wanted = codes.length > 0 ? codes : catalogue.skus.map((sku) => sku.code);
    const rows = wanted.map((code) => {
      const row = [...stands].map(([id, { platform }]) => [id, platform.shown(code)] as const);
      return [code, Object.fromEntries(row)] as const;
    });
    return { skus: Object.fromEntries(rows) };
  }

  orders(since: number): { readonly orders: readonly LoggedOrder[]; readonly next: number } {
    const { entries, next } = this.#options.world().orders.from(since, logPageLengthMax);
    return { orders: entries, next };
  }

  writes(since: number): { readonly writes: readonly WriteRecord[]; readonly next: number } {
    const { entries, next } = this.#options.world().writes.from(since, logPageLengthMax);
    return { writes: entries, next };
  }

  setFaults(change: z.input<typeof shapes.faults>): FaultTable {
    const { channel: id, ...faults } = parse(shapes.faults, change);
    const stands = id === undefined ? this.#options.world().stands.values() : [this.#stand(id)];
    const given = Object.fromEntries(
      Object.entries(faults).filter(([, value]) => value !== undefined),
    );
    for (const stand of stands) stand.faults = { ...stand.faults, ...given };
    return this.faults();
  }

  resetFaults(): FaultTable {
    const { latencyMs, world } = this.#options;
    for (const stand of world().stands.values()) stand.faults = noFaults(latencyMs);
    return this.faults();
  }

  faults(): FaultTable {
    const rows = [...this.#options.world().stands].map(([id, { faults }]) => [id, faults] as const);
    return { faults: Object.fromEntries(rows) };
  }

  /** A fresh world: full stock, no orders, no faults. */
  reset(size: z.input<typeof shapes.reset> = {}): { readonly skus: number } {
    this.#options.reset(parse(shapes.reset, size));
    return { skus: this.#options.world().catalogue.skus.length };
  }

  stats(): Readonly<Record<string, ChannelStats>> {
    const rows = [...this.#options.world().stands].map(([id, stand]) => [id, statsOf(stand)]);
    return Object.fromEntries(rows) as Record<string, ChannelStats>;
  }

  #stand(id: string): Stand {
    const found = this.#options.world().stands.get(id);
    if (!found) throw new ControlError(404, `There is no channel "${id}".`);
    return found;
  }
}

export interface ShownTable {
  readonly skus: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

export interface FaultTable {
  readonly faults: Readonly<Record<string, FaultSettings>>;
}

/** Counts since the world began. */
export interface ChannelStats {
  readonly requests: number;
  /** Calls refused by a token bucket or the throttle fault. */
  readonly throttled: number;
  readonly errors: number;
  readonly writes: number;
  readonly webhooksSent: number;
  readonly duplicatesSent: number;
  readonly webhooksFailed: number;
  readonly webhooksDropped: number;
  readonly webhooksPending: number;
  readonly maxRequestsPerSecond: Readonly<Record<string, number>>;
}

function statsOf(stand: Stand): ChannelStats {
  const webhooks = stand.emitter.stats();
  return {
    requests: stand.requests,
    throttled: stand.limiter.throttled(),
    errors: stand.errors,
    writes: stand.writes,
    webhooksSent: webhooks.sent,
    duplicatesSent: webhooks.duplicates,
    webhooksFailed: webhooks.failed,
    webhooksDropped: webhooks.dropped,
    webhooksPending: webhooks.pending,
    maxRequestsPerSecond: stand.limiter.maxRequestsPerSecond(),
  };
}

function parse<T>(shape: z.ZodType<T>, value: unknown): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new ControlError(400, `${first?.path.join(".") ?? "body"}: ${first?.message ?? "invalid"}`);
}

/** The control API over HTTP: JSON in, JSON out, `{error}` with 400 or 404 for a caller's mistake. */
export function createControlHandler(
  control: Control,
): (request: SandboxRequest, response: ServerResponse) => Promise<void> {
  return (request, response) => {
    try {
      answerJson(response, 200, runControl(control, request));
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      answerJson(response, error.status, { error: error.message });
    }
    return Promise.resolve();
  };
}

const routes: Readonly<Record<string, (control: Control, request: SandboxRequest) => unknown>> = {
  "POST /orders": (control, request) => control.order(jsonOf(request)),
  "POST /orders/cancel": (control, request) => control.cancel(jsonOf(request)),
  "POST /orders/return": (control, request) => control.putReturn(jsonOf(request)),
  "POST /expire-tokens": (control, request) => control.expireTokens(jsonOf(request)),
  "POST /shown": (control, request) => control.setShown(jsonOf(request)),
  "GET /shown": (control, request) => control.shown(request.url.searchParams.getAll("sku")),
  "GET /orders": (control, request) => control.orders(sinceOf(request)),
  "GET /writes": (control, request) => control.writes(sinceOf(request)),
  "POST /faults": (control, request) => control.setFaults(jsonOf(request)),
  "GET /faults": (control) => control.faults(),
  "POST /faults/reset": (control) => control.resetFaults(),
  "POST /reset": (control, request) => control.reset(jsonOf(request)),
  "GET /stats": (control) => control.stats(),
  "GET /health": () => ({ ok: true }),
};

function runControl(control: Control, request: SandboxRequest): unknown {
  const run = routes[`${request.method} ${request.path}`];
  if (!run) throw new ControlError(404, `There is no ${request.method} /control${request.path}.`);
  return run(control, request);
}

/** The body, for `Control` to check; an empty one is `{}`. */
function jsonOf(request: SandboxRequest): never {
  const body = request.rawBody.length === 0 ? {} : parseJson(request.rawBody);
  if (body === undefined) throw new ControlError(400, "The body is not JSON.");
  return body as never;
}

function sinceOf(request: SandboxRequest): number {
  return Number(request.url.searchParams.get("since") ?? "0") || 0;
}
