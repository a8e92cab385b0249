import type { ChannelSession } from "#app/channels/contract.ts";
import type { OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { logger } from "#app/lib/logger.ts";
import type { Answer, FlipkartClient, FlipkartContext, ShipmentFilter } from "./client.ts";
import { afterPage, laneDone, readOrdersCursor, type OrdersCursor } from "./cursor.ts";
import { toOrderSnapshot } from "./mapping.ts";
import { shipmentsById } from "./shipments-by-id.ts";
import type { FilterAnswer } from "./wire.ts";

/** Flipkart's default (20); a greatest one is published nowhere. */
const pageSize = 20;

interface Lane {
  readonly filter: Omit<ShipmentFilter, "modifiedDate" | "locationId">;
  /** A refusal of this search ends the lane, not the poll: the manual knows it, the machine-readable document does not. */
  readonly optional?: true;
}

const waiting = ["APPROVED", "PACKING_IN_PROGRESS", "FORM_FAILED", "PACKED", "READY_TO_DISPATCH"];

/**
 * Every search that a changed shipment can be in. The manual demands `states` before and after dispatch and a
 * `cancellationType` for cancellations, and says that `hold` is false unless asked for.
 */
const lanes: readonly [Lane, ...Lane[]] = [
  { filter: { type: "preDispatch", states: waiting } },
  { filter: { type: "preDispatch", states: waiting, hold: true }, optional: true },
  { filter: { type: "postDispatch", states: ["PICKUP_COMPLETE", "SHIPPED", "DELIVERED"] } },
  { filter: { type: "cancelled", cancellationType: "buyerCancellation" } },
  { filter: { type: "cancelled", cancellationType: "sellerCancellation" } },
  { filter: { type: "cancelled", cancellationType: "marketplaceCancellation" } },
];

/**
 * Reading shipments: by id after a notification, by time of change as the safety net. The searches say which shipments
 * changed; what they are now is always read by id, because a search may show of a shipment only what it searched for.
 */
export function ordersOf(
  context: FlipkartContext,
  client: FlipkartClient,
): Required<Pick<ChannelSession, "fetchOrders" | "listChangedOrders">> {
  const { locationIds } = context.settings;
  const snapshots = async (
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer<readonly OrderSnapshot[]>> => {
    const found = await shipmentsById(client, ids, signal);
    if (!found.ok) return found;
    const value = found.value.map((shipment) => toOrderSnapshot(shipment, locationIds));
    return { ok: true, value };
  };
  return {
    async fetchOrders(orderIds, signal) {
      const orders = await snapshots(orderIds, signal);
      return orders.ok ? { ok: true, orders: orders.value } : orders;
    },
    async listChangedOrders(text, signal) {
      const cursor = readOrdersCursor(text, context.now(), lanes.length);
      const page = await lanePage(client, cursor, locationIds, signal);
      if (!page.ok) {
        const next = afterRefusal(cursor, page.fault.kind);
        if (!next) return page;
        logger.warn({ channel: "flipkart", fault: page.fault }, "a search is refused, left out");
        return { ok: true, orders: [], cursor: JSON.stringify(next.cursor), more: next.more };
      }
      const { shipments, hasMore, nextPageUrl } = page.value;
      const orders = await snapshots([...new Set(shipments.map((it) => it.shipmentId))], signal);
      if (!orders.ok) return orders;
      const next = afterPage(cursor, {
        changedMs: shipments.map(({ updatedAt }) => (updatedAt ? Date.parse(updatedAt) : null)),
        nextPage: (hasMore && nextPageUrl) || null,
      });
      return {
        ok: true,
        orders: [...orders.value].sort((a, b) => a.revision - b.revision),
        cursor: JSON.stringify(next.cursor),
        more: next.more,
      };
    },
  };
}

/** A page of the cursor's lane. A page token that Flipkart no longer takes starts again at its time. */
async function lanePage(
  client: FlipkartClient,
  cursor: OrdersCursor,
  locationIds: readonly string[],
  signal: AbortSignal,
): Promise<Answer<FilterAnswer>> {
  if (cursor.next !== null) {
    const page = await client.nextShipments(cursor.next, signal);
    if (page.ok || (page.fault.kind !== "rejected" && page.fault.kind !== "unknown-listing")) {
      return page;
    }
  }
  const [only] = locationIds;
  const filter: ShipmentFilter = {
    ...laneAt(cursor).filter,
    ...(locationIds.length === 1 && only !== undefined && { locationId: only }),
    modifiedDate: { from: cursor.from },
  };
  return client.filterShipments({ filter, pageSize }, signal);
}

function afterRefusal(cursor: OrdersCursor, kind: string) {
  return laneAt(cursor).optional && kind === "rejected" ? laneDone(cursor) : null;
}

function laneAt({ lane }: OrdersCursor): Lane {
  return lanes[lane] ?? lanes[0];
}
