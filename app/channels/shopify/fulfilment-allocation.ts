import type { Fault } from "#app/domain/propagation/faults.ts";
import type { FulfilmentOrder } from "./wire-fulfilment.ts";

/** Units of one line that are to go, and where they are waiting. */
export interface ShippableLine {
  /** Of the fulfilment order's line. */
  readonly id: string;
  readonly fulfilmentOrderId: string;
  /** Lines of one group go in one call: Shopify takes the fulfilment orders of one location together. */
  readonly group: string;
  readonly quantity: number;
}

export interface WantedLine {
  readonly lineGid: string;
  /** As merchants and we know it. */
  readonly lineId: string;
  readonly quantity: number;
}

export type Allocation =
  | { readonly ok: true; readonly lines: readonly ShippableLine[] }
  | { readonly ok: false; readonly fault: Fault };

/** Statuses in which a fulfilment order waits for somebody or some time. */
const waitingStatuses = new Set(["ON_HOLD", "SCHEDULED"]);

/**
 * Finds the wanted units among the fulfilment orders that can be sent now. All or nothing: a parcel of which Shopify
 * knows only a part is a mistake somebody has to look at.
 */
export function allocate(
  orders: readonly FulfilmentOrder[],
  wanted: readonly WantedLine[],
): Allocation {
  const lines: ShippableLine[] = [];
  for (const want of wanted) {
    let left = want.quantity;
    for (const order of orders.filter(canBeSent)) {
      for (const line of order.lineItems.nodes) {
        if (line.lineItem.id !== want.lineGid || left === 0) continue;
        const quantity = Math.min(left, line.remainingQuantity - taken(lines, line.id));
        if (quantity <= 0) continue;
        left -= quantity;
        const group = order.assignedLocation?.location?.id ?? order.id;
        lines.push({ id: line.id, fulfilmentOrderId: order.id, group, quantity });
      }
    }
    if (left > 0) return { ok: false, fault: missingFault(orders, want, left) };
  }
  return { ok: true, lines };
}

function canBeSent(order: FulfilmentOrder): boolean {
  return order.supportedActions.some(({ action }) => action === "CREATE_FULFILLMENT");
}

function taken(lines: readonly ShippableLine[], id: string): number {
  return lines.reduce((sum, line) => sum + (line.id === id ? line.quantity : 0), 0);
}

/** Why units cannot be sent: held back for a time, or not there. */
function missingFault(
  orders: readonly FulfilmentOrder[],
  want: WantedLine,
  missing: number,
): Fault {
  const waiting = orders.find(
    (order) =>
      waitingStatuses.has(order.status) &&
      order.lineItems.nodes.some(({ lineItem }) => lineItem.id === want.lineGid),
  );
  if (waiting) {
    return {
      kind: "locked",
      message: "Shopify holds this order back: it is on hold or scheduled for later.",
      code: waiting.status,
    };
  }
  const had = want.quantity - missing;
  return {
    kind: "rejected",
    message: `Shopify has ${had} of ${want.quantity} units of line ${want.lineId} left to send.`,
  };
}
