import { mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { encoded, type Answer, type WalmartClient } from "./client.ts";
import { isForbidden } from "./errors.ts";
import { readReleasedOrders } from "./open-orders.ts";
import { orderAnswer, type WalmartOrder } from "./order-wire.ts";

/** Acknowledgements of one round: at 60 a minute they take 20 s at most, within a poll's page. */
const acknowledgementsPerRound = 20;
/** Orders looked at for them: a few that Walmart keeps refusing must not stand in the others' way. */
const releasedPageSize = 100;
const ordersAtOnceMax = 4;

/**
 * Acknowledges some of the orders that nobody acknowledged yet. Repeating it does no harm: Walmart allows it.
 * @returns `more`: there are others, and Walmart takes more now. An order that it refuses is left for the next time
 */
export async function acknowledgeReleased(
  client: WalmartClient,
  now: Date,
  signal: AbortSignal,
): Promise<Answer<{ readonly more: boolean }>> {
  const released = await readReleasedOrders(client, { now, limit: releasedPageSize }, signal);
  if (!released.ok) return released;
  const batch = released.value.slice(0, acknowledgementsPerRound);
  let isStopped = false;
  const answers = await mapBounded(batch, ordersAtOnceMax, async ({ purchaseOrderId }) => {
    if (isStopped) return null;
    const answer = await acknowledge(client, purchaseOrderId, signal);
    if (!answer.ok && answer.fault.kind !== "rejected") isStopped = true;
    return answer;
  });
  for (const answer of answers) {
    if (answer && !answer.ok && isOfTheAccount(answer.fault)) return answer;
  }
  const isLeft = released.value.length > batch.length;
  return { ok: true, value: { more: isLeft && !isStopped } };
}

/** Keys that may read orders and not take them still read them. */
function isOfTheAccount(fault: Fault): boolean {
  return fault.kind === "unauthorised" || (fault.kind === "revoked" && !isForbidden(fault));
}

/** Tells Walmart that the seller has the order and will ship it. */
export function acknowledge(
  client: WalmartClient,
  orderId: string,
  signal: AbortSignal,
): Promise<Answer<WalmartOrder>> {
  const path = `/v3/orders/${encoded(orderId)}/acknowledge`;
  return client.call(
    { operation: "acknowledgeOrder", method: "POST", path, schema: orderAnswer },
    signal,
  );
}
