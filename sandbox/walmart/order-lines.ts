import type { SandboxParcel } from "../channel.ts";
import type { ShelfOrder } from "../shelf.ts";

/** A line of an order with what became of its units. */
export interface OrderLine {
  readonly lineNumber: string;
  readonly ordered: number;
  readonly cancelled: number;
  readonly shipments: readonly { readonly units: number; readonly parcel: SandboxParcel }[];
  /** Neither cancelled nor shipped. */
  readonly open: number;
}

/** Orders of more units are one line, whatever their number. */
const splitUnitsMax = 10;

/**
 * Walmart writes several units as one line or as a line each: here every other order is of the second kind. Cancelled
 * units come off the last lines.
 */
export function linesOf(order: ShelfOrder): readonly OrderLine[] {
  const { serial, quantity } = order;
  const isSplit = serial % 2 === 1 && quantity > 1 && quantity <= splitUnitsMax;
  const sizes = isSplit ? Array.from({ length: quantity }, () => 1) : [quantity];
  let toCancel = order.cancelledUnits;
  return sizes
    .map((ordered, index) => ({ lineNumber: String(index + 1), ordered }))
    .reverse()
    .map(({ lineNumber, ordered }) => {
      const shipments = shipmentsOf(order, lineNumber);
      const shipped = shipments.reduce((sum, { units }) => sum + units, 0);
      const cancelled = Math.min(toCancel, ordered - shipped);
      toCancel -= cancelled;
      return { lineNumber, ordered, cancelled, shipments, open: ordered - shipped - cancelled };
    })
    .reverse();
}

function shipmentsOf({ parcels }: ShelfOrder, lineNumber: string): OrderLine["shipments"] {
  return parcels.flatMap((parcel) =>
    parcel.lines
      .filter(({ lineId }) => lineId === lineNumber)
      .map(({ quantity }) => ({ units: quantity, parcel })),
  );
}
