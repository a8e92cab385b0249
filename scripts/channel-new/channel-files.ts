import type { Names } from "./names.ts";

/** The files of a new channel: they compile, and the conformance suite fails where something is still to be written. */
export function channelFiles(names: Names): Record<string, string> {
  return {
    "index.ts": indexFile(names),
    "config.ts": configFile(names),
    "inventory.ts": inventoryFile(names),
    "events.ts": eventsFile(names),
    "channel.test.ts": testFile(names),
    "fixtures/order-placed.json": `${JSON.stringify({ topic: "order", payload: { id: "1" } }, null, 2)}\n`,
    "README.md": `# ${names.label}

What it is, its limits and quirks, how to set it up, what to try first with a real account. One screen.
`,
  };
}

function indexFile({ id, label, type }: Names): string {
  return `import { defineChannel } from "#app/channels/define-channel.ts";
import { ${type}App, ${type}Secrets, ${type}Settings } from "./config.ts";
import { pushBatchSizeMax, pushQuantities, readListings } from "./inventory.ts";
import { parseEvent } from "./events.ts";

export default defineChannel({
  id: "${id}",
  label: "${label}",
  app: ${type}App,
  settings: ${type}Settings,
  secrets: ${type}Secrets,
  push: { batchSizeMax: pushBatchSizeMax, mode: "absolute" },
  // How long an accepted number may take to be visible: the platform's documentation, or measured.
  visibleAfterMsMax: 60_000,
  // Every operation that client.ts calls, with the platform's published figure and its source.
  limits: {
    updateInventory: { ratePerSecond: 1, burst: 1 },
    readInventory: { ratePerSecond: 1, burst: 1 },
  },
  parseEvent,
  // One method for each power that the platform has; leave out what it lacks (contract.ts).
  open(context) {
    return {
      pushQuantities: (writes, signal) => pushQuantities(context, writes, signal),
      readListings: (listings, signal) => readListings(context, listings, signal),
    };
  },
});
`;
}

function configFile({ label, type, env }: Names): string {
  return `import { z } from "zod";

/** The app's own credentials at ${label}, from environment variables of these names. */
export const ${type}App = z.object({
  ${env}_API_URL: z.url().transform((url) => url.replace(/\\/+$/, "")),
  ${env}_CLIENT_ID: z.string().min(1),
  ${env}_CLIENT_SECRET: z.string().min(1),
});

/** Per connection, not secret. */
export const ${type}Settings = z.object({});

/** Per connection, encrypted at rest. */
export const ${type}Secrets = z.object({ refreshToken: z.string().min(1) });

export type ${type[0]?.toUpperCase()}${type.slice(1)}App = z.infer<typeof ${type}App>;
`;
}

function inventoryFile({ label }: Names): string {
  return `import type {
  ChannelContext,
  ListingRef,
  QuantityWrite,
  ReadResult,
  WriteResult,
} from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";

/** Listings that one call takes. */
export const pushBatchSizeMax = 1;

const notWritten: Fault = { kind: "unexpected", message: "${label} is not written yet." };

/** Writes quantities. One result per write, in the same order. */
export function pushQuantities(
  _context: ChannelContext<unknown, unknown, unknown>,
  writes: readonly QuantityWrite[],
  _signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  return Promise.resolve(writes.map(() => ({ ok: false, fault: notWritten })));
}

/** Reads quantity, price and state. One result per listing, in the same order. */
export function readListings(
  _context: ChannelContext<unknown, unknown, unknown>,
  listings: readonly ListingRef[],
  _signal: AbortSignal,
): Promise<readonly ReadResult[]> {
  return Promise.resolve(listings.map(() => ({ ok: false, fault: notWritten })));
}
`;
}

function eventsFile({ label }: Names): string {
  return `import type { ChannelFact, StoredEvent } from "#app/channels/contract.ts";

/** What an event of ${label} says. Pure; never throws. */
export function parseEvent(event: StoredEvent): readonly ChannelFact[] {
  return [{ kind: "ignored", reason: \`No action is taken on \${event.topic}.\` }];
}
`;
}

function testFile({ id }: Names): string {
  return `import platform from "#sandbox/${id}/index.ts";
import { describeChannel } from "#tests/conformance/describe-channel.ts";
import channel from "./index.ts";

describeChannel(channel, {
  folder: import.meta.dirname,
  platform,
  signsInWith: "tokens",
  topics: ["order"],
  unknownListing: { sku: "GONE" },
  // openApiCheck([{ file: "${id}/….json", prefix: "/${id}" }], { undocumented: [] })
  spec: null,
});
`;
}
