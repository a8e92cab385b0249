import { db } from "#app/db/client.server.ts";
import { insertEvents, isBadContent, type ArrivedEvent } from "#app/db/inbox.repo.ts";
import { wake } from "#app/services/wake/wake.ts";

/** Events stored by one statement. */
const batchEventsMax = 500;
/** Events that may wait to be stored; more are refused, and the platforms send them again. */
const waitingEventsMax = 20_000;

interface Waiting {
  readonly event: ArrivedEvent;
  readonly settle: (isNew: boolean) => void;
  readonly fail: (error: unknown) => void;
}

let waiting: Waiting[] = [];
let writing = false;

/**
 * Stores one event durably. What arrives while a statement runs is stored together by the next one:
 * no waiting window, and no statement per request (performance.md 4).
 * @returns true when it is new, false when it was stored before
 * @throws when it could not be stored, or too many wait already
 */
export function storeEvent(event: ArrivedEvent): Promise<boolean> {
  if (waiting.length >= waitingEventsMax) {
    return Promise.reject(new Error(`more than ${waitingEventsMax} events wait to be stored`));
  }
  return new Promise((settle, fail) => {
    waiting.push({ event, settle, fail });
    if (!writing) void writeAll();
  });
}

async function writeAll(): Promise<void> {
  writing = true;
  while (waiting.length > 0) {
    const batch = waiting.slice(0, batchEventsMax);
    waiting = waiting.slice(batch.length);
    await writeBatch(batch);
  }
  writing = false;
}

async function writeBatch(batch: readonly Waiting[]): Promise<void> {
  const events = batch.map(({ event }) => event);
  try {
    const fresh = await insertEvents(db(), events);
    for (const { event, settle } of batch) settle(fresh.has(event.id));
    void wakeReaders(events.filter((event) => fresh.has(event.id)));
  } catch (error) {
    // One event that no column holds must not cost its neighbours: each goes alone.
    if (batch.length > 1 && isBadContent(error)) for (const one of batch) await writeBatch([one]);
    else for (const { fail } of batch) fail(error);
  }
}

async function wakeReaders(events: readonly ArrivedEvent[]): Promise<void> {
  const shops = new Set<string>();
  const hints = new Map<string, string>();
  for (const event of events) {
    if (event.status === "hint") hints.set(event.connectionId, event.shopId);
    else shops.add(event.shopId);
  }
  const asleep = [...shops].map((shopId) => ({ shopId, subjectId: shopId }));
  if (asleep.length > 0) await wake("ingest", asleep);
  const connections = [...hints].map(([subjectId, shopId]) => ({ shopId, subjectId }));
  if (connections.length > 0) await wake("resolve", connections);
}
