import { chunked } from "#app/channels/map-bounded.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { Answer } from "./client.ts";

/** SKUs in one call of the listing API, reading or writing (specs/channel-limits.json). */
export const callSizeMax = 10;

/** Faults after which further calls of the same connection can only fail the same way. */
const stopping: ReadonlySet<FaultKind> = new Set(["rate-limited", "unauthorised", "revoked"]);

export interface Refused {
  readonly ok: false;
  readonly fault: Fault;
}

/**
 * One result per item, in the items' order: what is refused beforehand is not sent, the rest goes in calls of
 * {@link callSizeMax}, one after another. After a stopping fault the rest is not called but gets that fault.
 */
export async function inCalls<Item, Result>(
  items: readonly Item[],
  refuse: (item: Item) => Fault | null,
  call: (chunk: readonly Item[]) => Promise<Answer<readonly Result[]>>,
): Promise<readonly (Result | Refused)[]> {
  const results = items.map((item): Result | Refused | undefined => {
    const fault = refuse(item);
    return fault ? { ok: false, fault } : undefined;
  });
  const open = items.flatMap((item, index) => (results[index] ? [] : [{ item, index }]));
  let stop: Fault | undefined;
  for (const chunk of chunked(open, callSizeMax)) {
    const answer: Answer<readonly Result[]> = stop
      ? { ok: false, fault: stop }
      : await call(chunk.map(({ item }) => item));
    for (const [position, { index }] of chunk.entries()) {
      results[index] = answer.ok ? answer.value[position] : answer;
    }
    if (!answer.ok && stopping.has(answer.fault.kind)) stop = answer.fault;
  }
  return results.filter((result) => result !== undefined);
}
