import { parseArgs } from "node:util";

export const channelIds = ["shopify", "amazon", "ebay", "tiktok-shop"] as const;
export type ChannelId = (typeof channelIds)[number];

/** What one flash sale is made of. Shares are 0 to 1. */
export interface SaleOptions {
  readonly orders: number;
  readonly skus: number;
  /** Units of each SKU (own start only; a running Lockstep sells what it has). */
  readonly stock: number;
  readonly ratePerSecond: number;
  readonly channels: readonly ChannelId[];
  readonly duplicateShare: number;
  readonly reorderShare: number;
  /** How long the simulated channels take to answer. */
  readonly latencyMs: number;
  readonly seed: number;
  /** All orders want one SKU, which holds the stock of all. */
  readonly hot: boolean;
  readonly json: boolean;
  /** `any`: the running `npm start` when there is one, else one of our own. */
  readonly target: "any" | "attach" | "own";
  readonly amazonLimit: "published" | "lifted";
  /** Own start only: queue and rate limits on this Redis instead of Postgres. */
  readonly redisUrl: string | undefined;
}

/** A wrong command line; the message says which option and what it takes. */
export class UsageError extends Error {}

export const usage = `A flash sale over four channels, with the proof that nothing was sold twice.

  npm run flash-sale -- [options]

  --orders 5000       buyers' orders                    --rate 100       orders per second
  --skus 50           SKUs on sale                      --stock 60       units of each
  --channels shopify,amazon,ebay,tiktok-shop            --latency 50     ms a channel takes to answer
  --duplicates 5%     events the channels send twice    --reorder 10%    events that arrive out of order
  --hot               everybody wants the same SKU, which holds the stock of all
  --seed 1            the same seed makes the same buyers
  --amazon-limit published|lifted                       whether Amazon's own write limit applies
  --json              the result as JSON on stdout, progress on stderr
  --attach            sell in the running npm start; fails when there is none
  --own               start a Lockstep of its own even when npm start is running
  --redis URL         queue and rate limits of its own start on this Redis

Exit code: 0 everything held, 1 an invariant was broken, 2 it could not run.
`;

const bounds = {
  orders: [1, 100_000],
  skus: [1, 5_000],
  stock: [1, 99_999],
  rate: [1, 2_000],
  latency: [0, 60_000],
  seed: [0, 2 ** 32 - 1],
} as const;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): SaleOptions | "help" {
  const values = parseValues(args);
  if (values.help) return "help";
  const whole = (name: keyof typeof bounds): number => {
    const [min, max] = bounds[name];
    const value = Number(values[name]);
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new UsageError(`--${name} takes a whole number from ${min} to ${max}.`);
  };
  if (values.attach && values.own) throw new UsageError("--attach and --own exclude each other.");
  const options: SaleOptions = {
    orders: whole("orders"),
    skus: whole("skus"),
    stock: whole("stock"),
    ratePerSecond: whole("rate"),
    channels: parseChannels(values.channels),
    duplicateShare: parseShare("duplicates", values.duplicates),
    reorderShare: parseShare("reorder", values.reorder),
    latencyMs: whole("latency"),
    seed: whole("seed"),
    hot: values.hot,
    json: values.json,
    target: values.attach ? "attach" : values.own ? "own" : "any",
    amazonLimit: parseLimit(values["amazon-limit"]),
    redisUrl: values.redis,
  };
  const [, shownMax] = bounds.stock;
  if (options.hot && options.skus * options.stock > shownMax) {
    throw new UsageError(`--hot puts all stock on one SKU: at most ${shownMax} units.`);
  }
  return options;
}

function parseValues(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        orders: { type: "string", default: "5000" },
        skus: { type: "string", default: "50" },
        stock: { type: "string", default: "60" },
        rate: { type: "string", default: "100" },
        channels: { type: "string", default: channelIds.join(",") },
        duplicates: { type: "string", default: "5%" },
        reorder: { type: "string", default: "10%" },
        latency: { type: "string", default: "50" },
        seed: { type: "string", default: "1" },
        hot: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        attach: { type: "boolean", default: false },
        own: { type: "boolean", default: false },
        "amazon-limit": { type: "string", default: "published" },
        redis: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseChannels(text: string): ChannelId[] {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const known = names.filter((name): name is ChannelId => channelIds.some((id) => id === name));
  if (known.length === names.length && known.length > 0) return known;
  throw new UsageError(`--channels takes names from ${channelIds.join(", ")}.`);
}

/** "5%" or "0.05". */
function parseShare(name: string, text: string): number {
  const share = text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (text.trim() !== "" && share >= 0 && share <= 1) return share;
  throw new UsageError(`--${name} takes a share such as 5% or 0.05.`);
}

function parseLimit(text: string): SaleOptions["amazonLimit"] {
  if (text === "published" || text === "lifted") return text;
  throw new UsageError("--amazon-limit takes published or lifted.");
}
