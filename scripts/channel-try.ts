import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import type { Channel, ChannelSession, ListingRef } from "#app/channels/contract.ts";
import { createChannelHttp } from "#app/channels/http.ts";
import { createMemoryRateLimiter } from "#app/channels/memory-rate-limiter.ts";
import { channels } from "#app/channels/registry.ts";
import { startDemoPlatform, type DemoPlatform } from "#sandbox/demo-platform.ts";
import { platformsFound } from "#sandbox/found.generated.ts";
import { createMemoryTokens } from "#tests/conformance/tokens.ts";

const usage = `Runs one channel alone against its simulated platform: no database, no queue. Prints each call and each result.

  npm run channel:try NAME
  npm run channel:try NAME -- --skus 500     a catalogue of that size (8)
  npm run channel:try NAME -- --bodies       what was sent and answered, cut to 400 characters
`;

const bodyCharsMax = 400;
const waitMsMax = 1_000;
const pagesMax = 100;

interface Tried {
  readonly platform: DemoPlatform;
  readonly channel: Channel;
  readonly session: ChannelSession;
  readonly listings: readonly ListingRef[];
}

const signal = () => AbortSignal.timeout(60_000);
const say = (text: string) => process.stdout.write(`${text}\n`);

/** One power after the other, each with the result in one line. */
const steps: readonly (readonly [string, (tried: Tried) => Promise<unknown>])[] = [
  ["readListings", ({ session, listings }) => session.readListings(listings, signal())],
  [
    "pushQuantities",
    async ({ session, listings }) => {
      const reads = await session.readListings(listings, signal());
      const writes = listings.map((listing, index) => {
        const read = reads[index];
        const shown = read?.ok ? read.quantity : 0;
        return { ...listing, quantity: 7, delta: 7 - shown, idempotencyKey: randomUUID() };
      });
      return session.pushQuantities(writes, signal());
    },
  ],
  ["setPrices", setPrices],
  ["listListings", importAll],
  ["listChangedOrders", orders],
  ["readAccountHealth", ({ session }) => session.readAccountHealth?.(signal()) ?? skipped],
  ["endListings", ({ session, listings }) => session.endListings?.(listings, signal()) ?? skipped],
  [
    "relistListings",
    ({ session, listings }) => {
      const writes = listings.map((listing) => ({
        ...{ ...listing, quantity: 5, delta: 0, idempotencyKey: randomUUID() },
      }));
      return session.relistListings?.(writes, signal()) ?? skipped;
    },
  ],
];

const skipped = Promise.resolve("the platform has no such power");

async function setPrices({ session, listings }: Tried): Promise<unknown> {
  const [read] = await session.readListings(listings, signal());
  if (!session.setPrices || !read?.ok || !read.price) return skipped;
  const { currency } = read.price;
  const writes = listings.map((listing) => ({ ...listing, price: { minor: 2_100, currency } }));
  return session.setPrices(writes, signal());
}

async function importAll({ session }: Tried): Promise<unknown> {
  if (!session.listListings) return skipped;
  let cursor: string | null = null;
  let found = 0;
  for (let pages = 1; pages <= pagesMax; pages += 1) {
    const page: Awaited<ReturnType<typeof session.listListings>> = await session.listListings(
      cursor,
      signal(),
    );
    if (!page.ok) return page;
    found += page.listings.length;
    if (page.cursor === null) return { pages, found, first: page.listings[0] ?? null };
    ({ cursor } = page);
    const waitMs = Math.min(page.waitMs ?? 0, waitMsMax);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return { found, more: true };
}

async function orders({ session, platform, channel }: Tried): Promise<unknown> {
  if (!session.listChangedOrders) return skipped;
  const sku = platform.skus[0]?.code ?? "";
  const order = platform.sandbox.control.order({ channel: channel.id, sku, quantity: 1 });
  say(`    (a buyer orders one ${sku}: ${JSON.stringify(order)})`);
  const page = await session.listChangedOrders(null, signal());
  const [first] = page.ok ? page.orders : [];
  const line = first?.lines[0];
  if (!session.sendShipment || !first || !line) return page;
  const shipment = await session.sendShipment(
    {
      ...{ shipmentId: randomUUID(), orderId: first.orderId, parcelNumber: 1 },
      lines: [{ lineId: line.lineId, quantity: 1 }],
      ...{ carrier: "ups", carrierName: "UPS", trackingNumber: "1Z999AA10123456784" },
      ...{ trackingUrl: null, shippedAt: new Date().toISOString() },
    },
    signal(),
  );
  return { order: first, shipment };
}

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      skus: { type: "string", default: "8" },
      bodies: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [name] = positionals;
  const channel = channels.find(({ id }) => id === name);
  const definition = platformsFound.find(({ id }) => id === name);
  if (values.help || name === undefined) {
    say(usage);
    return values.help ? 0 : 2;
  }
  if (!channel || !definition) {
    const known = channels.map(({ id }) => id).join(", ");
    process.stderr.write(`There is no channel "${name}". There are: ${known}.\n`);
    return 2;
  }
  const platform = await startDemoPlatform(definition, { skus: Number(values.skus) || 8 });
  try {
    return await tryAll(channel, platform, values.bodies);
  } finally {
    await platform.close();
  }
}

async function tryAll(channel: Channel, platform: DemoPlatform, bodies: boolean): Promise<number> {
  const session = channel.open({
    ...{ shopDomain: platform.shopDomain, accountId: platform.accountId },
    app: channel.app.parse(platform.variables),
    settings: channel.settings.parse(platform.settings),
    secrets: channel.secrets.parse(platform.secrets),
    http: createChannelHttp({
      limiter: createMemoryRateLimiter(),
      connectionKey: { shopId: "try", connectionId: "try" },
      limits: channel.limits,
      fetch: spokenFetch(bodies),
      logger: {
        debug: () => undefined,
        warn: (fields, message) => say(`    ${message} ${JSON.stringify(fields)}`),
      },
      now: () => new Date(),
    }),
    tokens: createMemoryTokens(platform.secrets),
    now: () => new Date(),
  });
  const listings = platform.skus.slice(0, 2).map((sku) => ({
    ...{ listingId: sku.code, sku: sku.code },
    externalIds: platform.definition.demo.listing(sku).externalIds,
  }));
  say(`${channel.label} at ${platform.sandbox.url}/${channel.id}\n`);
  let failures = 0;
  for (const [name, step] of steps) {
    say(`  ${name}`);
    try {
      say(`    → ${cut(JSON.stringify(await step({ platform, channel, session, listings })))}\n`);
    } catch (error) {
      failures += 1;
      say(`    ✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    }
  }
  return failures > 0 ? 1 : 0;
}

/** Prints each call; query texts and headers carry secrets and stay out. */
function spokenFetch(bodies: boolean): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input.toString());
    const startedAt = performance.now();
    const answer = await fetch(input, init);
    const tookMs = (performance.now() - startedAt).toFixed(0);
    say(`    ${(init?.method ?? "GET").padEnd(6)} ${url.pathname}  ${answer.status}  ${tookMs} ms`);
    const sent: unknown = init?.body;
    if (bodies && typeof sent === "string") say(`      sent     ${cut(sent)}`);
    if (bodies) say(`      answered ${cut(await answer.clone().text())}`);
    return answer;
  };
}

function cut(text: string | undefined): string {
  const whole = text ?? "nothing";
  return whole.length > bodyCharsMax ? `${whole.slice(0, bodyCharsMax)}…` : whole;
}

void run()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  })
  .then((code) => {
    process.exitCode = code;
  });
