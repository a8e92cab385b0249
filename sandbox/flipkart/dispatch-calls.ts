import { z } from "zod";
import { ok, refuse, type FlipkartAnswer } from "./frame.ts";
import {
  liveUnitsOf,
  waitingStages,
  type ShipmentBook,
  type ShipmentRecord,
} from "./shipment-book.ts";

/** specs: `maxItems` of the standard calls; self ship takes 100. */
const standardMax = 25;
const selfShipMax = 100;

const selfShipRow = z.looseObject({
  shipmentId: z.string(),
  locationId: z.string().optional(),
  tentativeDeliveryDate: z.iso.datetime({ offset: true }),
  dispatchDate: z.iso.datetime({ offset: true }),
  deliveryPartner: z.string().optional(),
  trackingId: z.string().optional(),
  invoice: z.looseObject({
    invoiceDate: z.iso.date(),
    items: z.array(z.looseObject({ orderItemId: z.string(), quantity: z.number().int().min(1) })),
  }),
});
const selfShipBody = z.strictObject({ shipments: z.array(selfShipRow).min(1).max(selfShipMax) });
const dispatchBody = z.strictObject({
  shipmentIds: z.array(z.string()).min(1).max(standardMax),
  locationId: z.string().optional(),
});
const cancelBody = z.strictObject({
  shipments: z
    .array(
      z.looseObject({
        shipmentId: z.string(),
        reason: z.string().optional(),
        cancellationGroupIds: z.array(z.string()).optional(),
      }),
    )
    .min(1)
    .max(standardMax),
});
const labelsBody = z.strictObject({
  shipments: z
    .array(z.looseObject({ shipmentId: z.string() }))
    .min(1)
    .max(standardMax),
});

interface Refusal {
  readonly errorCode: string;
  readonly errorMessage: string;
}

const unknownShipment: Refusal = {
  errorCode: "INVALID_ITEM_ID",
  errorMessage: "The shipment does not exist",
};
const cancelled: Refusal = {
  errorCode: "ORDER_ITEM_ALREADY_CANCELLED",
  errorMessage: "Cannot dispatch a cancelled shipment",
};
const dispatched: Refusal = {
  errorCode: "ORDER_ITEM_ALREADY_DISPATCHED",
  errorMessage: "Cannot dispatch a dispatched shipment",
};

/** `POST /sellers/v3/shipments/selfShip/dispatch` */
export function dispatchSelfShipped(
  book: ShipmentBook,
  body: unknown,
  nowMs: number,
): FlipkartAnswer {
  const read = selfShipBody.safeParse(body);
  if (!read.success) return refuse(422, "Unprocessable entity: mandatory fields are missing");
  const shipments = read.data.shipments.map((row) => {
    const record = book.find(row.shipmentId);
    const refusal = selfShipRefusal(record, row, nowMs);
    if (refusal || !record) return rowOf(row.shipmentId, refusal ?? unknownShipment);
    book.shipSelf(record, {
      trackingNumber: row.trackingId ?? "",
      carrier: row.deliveryPartner ?? "",
      lines: row.invoice.items.map((item) => ({
        lineId: item.orderItemId,
        quantity: item.quantity,
      })),
    });
    return rowOf(row.shipmentId, null);
  });
  return ok({ shipments });
}

function selfShipRefusal(
  record: ShipmentRecord | undefined,
  row: z.infer<typeof selfShipRow>,
  nowMs: number,
): Refusal | null {
  if (!record) return unknownShipment;
  const waiting = waitingRefusal(record);
  if (waiting) return waiting;
  const unprocessable = (errorMessage: string) => ({
    errorCode: "UNPROCESSABLE_ENTITY",
    errorMessage,
  });
  if (record.shipmentType !== "SELF") return unprocessable("Not a self ship shipment");
  // Whole days of tolerance: clocks may differ by minutes, dates are compared.
  const dayMs = 86_400_000;
  if (Date.parse(row.dispatchDate) > nowMs + dayMs) {
    return unprocessable("Dispatch date should not be after today");
  }
  if (Date.parse(row.tentativeDeliveryDate) < nowMs - dayMs) {
    return unprocessable("Tentative delivery date should not be before today");
  }
  const told = new Map<string, number>();
  for (const { orderItemId, quantity } of row.invoice.items) {
    told.set(orderItemId, (told.get(orderItemId) ?? 0) + quantity);
  }
  const whole = record.items.every(
    (item) => (told.get(item.orderItemId) ?? 0) === liveUnitsOf(item),
  );
  if (whole && told.size <= record.items.length) return null;
  return {
    errorCode: "QUANTITY_MISMATCH_ERROR",
    errorMessage: "The item quantity in the request did not match with the actual quantity",
  };
}

/** `POST /sellers/v3/shipments/dispatch`: a packed shipment is ready for Flipkart's carrier. */
export function dispatchPacked(book: ShipmentBook, body: unknown): FlipkartAnswer {
  const read = dispatchBody.safeParse(body);
  if (!read.success) return refuse(422, "Unprocessable entity: shipmentIds are mandatory");
  const { shipmentIds, locationId } = read.data;
  const shipments = shipmentIds.map((shipmentId) => {
    const record = book.find(shipmentId);
    if (!record || (locationId !== undefined && record.locationId !== locationId)) {
      return statusRow(shipmentId, unknownShipment);
    }
    const refusal = waitingRefusal(record) ?? packedRefusal(record);
    if (!refusal) book.setStage(record, "READY_TO_DISPATCH", "shipment_ready_to_dispatch");
    return statusRow(shipmentId, refusal);
  });
  return ok({ shipments });
}

/** `POST /sellers/v3/shipments/labels`: packs; here at once, at Flipkart a moment later. */
export function packShipments(book: ShipmentBook, body: unknown): FlipkartAnswer {
  const read = labelsBody.safeParse(body);
  if (!read.success) return refuse(422, "Unprocessable entity: shipments are mandatory");
  const shipments = read.data.shipments.map(({ shipmentId }) => {
    const record = book.find(shipmentId);
    if (!record) return statusRow(shipmentId, unknownShipment);
    const refusal = waitingRefusal(record);
    if (!refusal) book.setStage(record, "PACKED", "shipment_packed");
    return statusRow(shipmentId, refusal);
  });
  return ok({ shipments });
}

/** `POST /sellers/v3/shipments/cancel`: the seller cancels, before packing. */
export function cancelShipments(book: ShipmentBook, body: unknown): FlipkartAnswer {
  const read = cancelBody.safeParse(body);
  if (!read.success) return refuse(422, "Unprocessable entity: shipments are mandatory");
  const shipments = read.data.shipments.map(({ shipmentId, cancellationGroupIds }) => {
    const record = book.find(shipmentId);
    const items = record?.items.filter(
      ({ orderItemId }) => cancellationGroupIds?.includes(`grp${orderItemId}`) ?? true,
    );
    if (!record || !items?.length) return statusRow(shipmentId, unknownShipment);
    const done = items.map((item) => book.cancel(record, item, { type: "sellerCancellation" }));
    return statusRow(shipmentId, done.includes(true) ? null : cancelled);
  });
  return ok({ shipments });
}

function waitingRefusal(record: ShipmentRecord): Refusal | null {
  if (record.items.every((item) => liveUnitsOf(item) === 0)) return cancelled;
  if (!waitingStages.includes(record.stage)) return dispatched;
  if (!record.hold) return null;
  return { errorCode: "UNPROCESSABLE_ENTITY", errorMessage: "The shipment is on hold" };
}

function packedRefusal(record: ShipmentRecord): Refusal | null {
  if (record.stage === "PACKED") return null;
  return record.stage === "READY_TO_DISPATCH"
    ? dispatched
    : {
        errorCode: "ORDER_ITEM_NOT_PACKED",
        errorMessage: "Cannot mark a shipment that is not packed as Ready to Dispatch",
      };
}

function rowOf(shipmentId: string, refusal: Refusal | null) {
  return { shipmentId, processingStatus: refusal ? "FAILURE" : "SUCCESS", ...refusal };
}

function statusRow(shipmentId: string, refusal: Refusal | null) {
  return { shipmentId, status: refusal ? "FAILURE" : "SUCCESS", ...refusal };
}
