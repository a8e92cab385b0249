import { z } from "zod";
import type { BuyerOrder, OrderOutcome } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { Stock } from "./stock.ts";

export const cancellationTypes = [
  "buyerCancellation",
  "sellerCancellation",
  "marketplaceCancellation",
] as const;
export type CancellationType = (typeof cancellationTypes)[number];

const itemShape = z.object({
  orderItemId: z.string(),
  sku: z.string(),
  quantity: z.number(),
  cancelledUnits: z.number(),
  cancellationType: z.enum(cancellationTypes).nullable(),
});
export type Item = z.infer<typeof itemShape>;

const parcelShape = z.object({
  trackingNumber: z.string(),
  carrier: z.string(),
  lines: z.array(z.object({ lineId: z.string(), quantity: z.number() })),
});
const returnShape = z.object({
  returnId: z.string(),
  units: z.number(),
  state: z.enum(["requested", "received", "closed"]),
});

const recordShape = z.object({
  shipmentId: z.string(),
  orderId: z.string(),
  serial: z.number(),
  locationId: z.string(),
  /** SELF: the seller's own carrier; NORMAL: one of Flipkart's fetches it. */
  shipmentType: z.enum(["SELF", "NORMAL", "EXPRESS"]),
  hold: z.boolean(),
  /** Of the items that are not cancelled. */
  stage: z.string(),
  placedAtMs: z.number(),
  updatedAtMs: z.number(),
  items: z.array(itemShape),
  parcels: z.array(parcelShape),
  returns: z.array(returnShape),
});
export type ShipmentRecord = z.infer<typeof recordShape>;

const savedShape = z.object({ serial: z.number(), records: z.array(recordShape) });

/** Stages in which a shipment still waits for the seller or the carrier. */
export const waitingStages = [
  "APPROVED",
  "PACKING_IN_PROGRESS",
  "FORM_FAILED",
  "PACKED",
  "READY_TO_DISPATCH",
];

/** Shipments remembered; the oldest are forgotten, as real ones leave the API's window. */
const recordsMax = 50_000;
/** Numbers grow from the clock, so that a fresh world never repeats an id of the one before. */
const serialsPerSecond = 2_000;
const serialEpochS = 1_700_000_000;

/** What is told to whoever listens. */
export type Announce = (
  eventType: string,
  record: ShipmentRecord,
  attributes: Readonly<Record<string, unknown>>,
) => void;

export interface PlaceOptions {
  readonly shipmentType: ShipmentRecord["shipmentType"];
  readonly locationId?: string;
}

/** Flipkart's shipments: each is one delivery of one or more order items from one location. */
export class ShipmentBook {
  readonly #context: SandboxContext;
  readonly #stock: Stock;
  readonly #announce: Announce;
  readonly #records = new Map<string, ShipmentRecord>();
  #serial: number;

  constructor(context: SandboxContext, stock: Stock, announce: Announce) {
    this.#context = context;
    this.#stock = stock;
    this.#announce = announce;
    this.#serial = clockSerial(context.now());
  }

  find(shipmentId: string): ShipmentRecord | undefined {
    return this.#records.get(shipmentId);
  }

  /** By one of its order items. */
  findByItem(orderItemId: string): ShipmentRecord | undefined {
    for (const record of this.#records.values()) {
      if (record.items.some((item) => item.orderItemId === orderItemId)) return record;
    }
    return undefined;
  }

  all(): IterableIterator<ShipmentRecord> {
    return this.#records.values();
  }

  /** A buyer orders these SKUs in one shipment. */
  place(orders: readonly BuyerOrder[], options: PlaceOptions): OrderOutcome {
    const [first] = orders;
    if (!first || orders.some(({ sku }) => this.#stock.of(sku) === null)) {
      return { accepted: false, reason: "not-listed" };
    }
    const locationId = this.#stock.pick(first.sku, first.quantity, options.locationId);
    const all =
      locationId !== null &&
      orders.every(({ sku, quantity }) => this.#stock.pick(sku, quantity, locationId) !== null);
    if (!all) return { accepted: false, reason: "sold-out" };
    for (const { sku, quantity } of orders) this.#stock.take(sku, locationId, quantity);
    const record = this.#newRecord(orders, { ...options, locationId });
    this.#records.set(record.shipmentId, record);
    if (this.#records.size > recordsMax) {
      const oldest = this.#records.keys().next();
      if (!oldest.done) this.#records.delete(oldest.value);
    }
    for (const { sku, quantity } of orders) {
      const { shipmentId: orderId, placedAtMs } = record;
      this.#context.recordOrder({ orderId, sku, quantity, placedAtMs });
    }
    this.#announce("shipment_created", record, {});
    return { accepted: true, orderId: record.shipmentId, placedAtMs: record.placedAtMs };
  }

  /** Cancels units of one item, all of them where `units` is left out; what has left cannot be. */
  cancel(
    record: ShipmentRecord,
    item: Item,
    how: { readonly type: CancellationType; readonly units?: number },
  ): boolean {
    const left = item.quantity - item.cancelledUnits;
    const units = how.units ?? left;
    if (units < 1 || units > left || !waitingStages.includes(record.stage)) return false;
    item.cancelledUnits += units;
    item.cancellationType = how.type;
    this.#stock.take(item.sku, record.locationId, -units);
    this.#touch(record);
    this.#announce("shipment_cancelled", record, {
      status: "CANCELLED",
      orderItems: [{ orderItemId: item.orderItemId, quantity: units, reason: how.type }],
    });
    return true;
  }

  setStage(record: ShipmentRecord, stage: string, eventType: string | null): void {
    record.stage = stage;
    this.#touch(record);
    if (eventType !== null) this.#announce(eventType, record, { status: stage });
  }

  setHold(record: ShipmentRecord, hold: boolean): void {
    record.hold = hold;
    this.#touch(record);
    const orderItems = record.items.map(({ orderItemId, quantity }) => ({
      orderItemId,
      holdQuantity: quantity,
    }));
    if (hold) this.#announce("shipment_hold", record, { orderItems });
    else this.#announce("shipment_unhold", record, { status: record.stage });
  }

  /** The seller's own carrier has it. */
  shipSelf(record: ShipmentRecord, parcel: z.infer<typeof parcelShape>): void {
    record.parcels = [...record.parcels, parcel];
    this.setStage(record, "SHIPPED", "shipment_shipped");
  }

  putReturn(record: ShipmentRecord, returned: z.infer<typeof returnShape>): boolean {
    const others = record.returns.filter(({ returnId }) => returnId !== returned.returnId);
    record.returns = [...others, returned];
    if (!waitingStages.includes(record.stage)) {
      const stages = { requested: "RETURN_REQUESTED", received: "RETURNED", closed: "DELIVERED" };
      record.stage = stages[returned.state];
    }
    this.#touch(record);
    const events = {
      requested: "return_created",
      received: "return_completed",
      closed: "return_cancelled",
    };
    this.#announce(events[returned.state], record, { returned });
    return true;
  }

  snapshot(): unknown {
    return { serial: this.#serial, records: [...this.#records.values()] };
  }

  restore(saved: unknown): void {
    const { serial, records } = savedShape.parse(saved);
    for (const record of records) this.#records.set(record.shipmentId, record);
    this.#serial = Math.max(serial, clockSerial(this.#context.now()));
  }

  #newRecord(
    orders: readonly BuyerOrder[],
    { shipmentType, locationId }: PlaceOptions & { readonly locationId: string },
  ): ShipmentRecord {
    this.#serial += 1;
    const serial = this.#serial;
    const placedAtMs = this.#context.now();
    return {
      shipmentId: `5a9d7c1e-0f3b-4d6a-8c2e-${serial.toString(16).padStart(12, "0")}`,
      orderId: `OD${String(serial).padStart(16, "3")}00`,
      serial,
      locationId,
      shipmentType,
      hold: false,
      stage: "APPROVED",
      placedAtMs,
      updatedAtMs: placedAtMs,
      items: orders.map(({ sku, quantity }, index) => ({
        orderItemId: `${String(serial).padStart(14, "2")}${String(index).padStart(2, "0")}`,
        sku,
        quantity,
        cancelledUnits: 0,
        cancellationType: null,
      })),
      parcels: [],
      returns: [],
    };
  }

  #touch(record: ShipmentRecord): void {
    record.updatedAtMs = Math.max(this.#context.now(), record.updatedAtMs);
    this.#context.changed();
  }
}

export function liveUnitsOf({ quantity, cancelledUnits }: Item): number {
  return quantity - cancelledUnits;
}

function clockSerial(nowMs: number): number {
  return Math.max(0, Math.floor(nowMs / 1_000) - serialEpochS) * serialsPerSecond;
}
