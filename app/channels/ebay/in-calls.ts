import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { Answer } from "./client.ts";

/** A refusal, as every result of the contract spells it. */
export interface Refused {
  readonly ok: false;
  readonly fault: Fault;
}

export function refused(fault: Fault): Refused {
  return { ok: false, fault };
}

/** Faults after which further calls of the same connection can only fail the same way. */
const stopping: ReadonlySet<FaultKind> = new Set(["rate-limited", "unauthorised", "revoked"]);

/**
 * Works through items in calls of at most `callSizeMax`, at most `concurrencyMax` at a time. A call that fails fails its
 * items; after a stopping fault the rest is not called but gets that fault. Results in the items' order.
 */
export async function inCalls<Item, Result>(
  items: readonly Item[],
  size: { readonly callSizeMax: number; readonly concurrencyMax: number },
  call: (chunk: readonly Item[]) => Promise<Answer<readonly Result[]>>,
): Promise<(Result | Refused)[]> {
  let stop: Fault | undefined;
  const chunks = chunked(items, size.callSizeMax);
  const results = await mapBounded(chunks, size.concurrencyMax, async (chunk) => {
    const answer: Answer<readonly Result[]> = stop ? refused(stop) : await call(chunk);
    if (answer.ok) return answer.value;
    if (stopping.has(answer.fault.kind)) stop ??= answer.fault;
    return chunk.map(() => refused(answer.fault));
  });
  return results.flat();
}

/** Puts results back into the places their items had in the whole list. */
export function inOrder<Result>(
  length: number,
  parts: readonly {
    readonly at: readonly { readonly at: number }[];
    readonly results: readonly Result[];
  }[],
  missing: Result,
): Result[] {
  const whole = new Array<Result>(length).fill(missing);
  for (const { at, results } of parts) {
    for (const [index, place] of at.entries()) whole[place.at] = results[index] ?? missing;
  }
  return whole;
}

/** Of an answer that leaves an item out. */
export function silentAbout(what: string): Refused {
  return refused({ kind: "unexpected", message: `eBay's answer says nothing about ${what}.` });
}
