import { logger } from "#app/lib/logger.ts";
import { problemOf } from "#app/channels/unreadable.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Answer, FlipkartClient } from "./client.ts";
import { shipment as shipmentShape, type FlipkartShipment } from "./wire.ts";

/**
 * The shipments of these ids, at most 100 (channels.md 9). "shipmentIds should be valid for this seller", says the
 * manual, and one that is not may cost the whole call: then the halves are asked for, until the stray one stands alone
 * and is left out.
 */
export async function shipmentsById(
  client: FlipkartClient,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Answer<readonly FlipkartShipment[]>> {
  if (ids.length === 0) return { ok: true, value: [] };
  const answer = await client.getShipments(ids, signal);
  if (answer.ok) return { ok: true, value: answer.value.flatMap(readable) };
  if (!mayBeUnknown(answer.fault)) return answer;
  if (ids.length === 1) return { ok: true, value: [] };
  const half = Math.ceil(ids.length / 2);
  const first = await shipmentsById(client, ids.slice(0, half), signal);
  if (!first.ok) return first;
  const second = await shipmentsById(client, ids.slice(half), signal);
  return second.ok ? { ok: true, value: [...first.value, ...second.value] } : second;
}

function mayBeUnknown({ kind, code }: Fault): boolean {
  return kind === "unknown-listing" || code === "422" || code === "UNPROCESSABLE_ENTITY";
}

/** One that cannot be read must not cost the others: it is logged and left out, as if Flipkart did not give it. */
function readable(row: unknown): FlipkartShipment[] {
  const read = shipmentShape.safeParse(row);
  if (read.success) return [read.data];
  const problem = problemOf(read.error, row);
  logger.warn({ channel: "flipkart", problem }, "a shipment cannot be read");
  return [];
}
