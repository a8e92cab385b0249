import { createHash } from "node:crypto";
import type { WriteOutcome } from "./inventory-writes.ts";

/** Answers of mutations by their `@idempotent` key. */
export interface IdempotencyMemory {
  /** Runs the write once per key; a repeat gets the first outcome, the same key for another write is refused. */
  once(key: string, request: unknown, write: () => WriteOutcome): WriteOutcome;
  snapshot(): IdempotencySnapshot;
  restore(snapshot: IdempotencySnapshot): void;
}

type Entry = readonly [key: string, requestHash: string, outcome: WriteOutcome];
export type IdempotencySnapshot = readonly Entry[];

/** Keys remembered. Shopify's own window is not published. */
const keysMax = 20_000;
/** Keys that outlive a restart: enough for what can still be under way then. */
const keysSavedMax = 1_000;

export function createIdempotencyMemory(): IdempotencyMemory {
  const entries = new Map<string, Entry>();
  return {
    once(key, request, write) {
      const requestHash = createHash("sha256").update(JSON.stringify(request)).digest("base64url");
      const known = entries.get(key);
      if (known) return known[1] === requestHash ? known[2] : mismatch;
      const outcome = write();
      entries.set(key, [key, requestHash, outcome]);
      const oldest = entries.size > keysMax ? entries.keys().next() : undefined;
      if (oldest?.done === false) entries.delete(oldest.value);
      return outcome;
    },
    snapshot: () => [...entries.values()].slice(-keysSavedMax),
    restore(snapshot) {
      for (const entry of snapshot) entries.set(entry[0], entry);
    },
  };
}

const mismatch: WriteOutcome = {
  done: false,
  userErrors: [
    {
      code: "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
      field: null,
      message: "The idempotency key was used before with other parameters.",
    },
  ],
};
