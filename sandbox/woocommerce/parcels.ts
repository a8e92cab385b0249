import { createHash } from "node:crypto";
import { z } from "zod";
import type { SandboxParcel } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { WooAnswer } from "./frame.ts";
import { wireNote, wireTracking } from "./order-wire.ts";
import { read, type Orders } from "./orders.ts";

const noteShape = z.looseObject({
  note: z.string().min(1),
  customer_note: z.boolean().default(false),
});
const trackingShape = z.looseObject({
  tracking_number: z.string().min(1),
  tracking_provider: z.string().default(""),
  custom_tracking_provider: z.string().default(""),
  custom_tracking_link: z.string().default(""),
  date_shipped: z.string().default(""),
});
/** What an app notes of a parcel in an order's own data. */
const parcelShape = z.looseObject({
  tracking_number: z.string(),
  carrier: z.string(),
  lines: z.array(z.looseObject({ line_id: z.string(), quantity: z.number() })),
});

/** Notes, and the Shipment Tracking plugin: how a seller tells a buyer about parcels. */
export class Parcels {
  readonly #context: SandboxContext;
  readonly #orders: Orders;

  constructor(context: SandboxContext, orders: Orders) {
    this.#context = context;
    this.#orders = orders;
  }

  notes(id: number, query: URLSearchParams): WooAnswer {
    const order = this.#orders.find(id);
    const type = query.get("type") ?? "any";
    const wanted = order.notes.filter(
      ({ customer }) => type === "any" || (type === "customer") === customer,
    );
    return { status: 200, body: wanted.reverse().map((note) => wireNote(order, note)) };
  }

  addNote(id: number, body: unknown): WooAnswer {
    const order = this.#orders.find(id);
    const { note, customer_note: customer } = read(noteShape, body);
    const createdMs = this.#context.now();
    const added = { id: this.#orders.book.nextId(), note, customer, createdMs };
    order.notes.push(added);
    this.#context.changed();
    return { status: 201, body: wireNote(order, added) };
  }

  trackings(id: number): WooAnswer {
    return { status: 200, body: this.#orders.find(id).trackings.map(wireTracking) };
  }

  addTracking(id: number, body: unknown): WooAnswer {
    const order = this.#orders.find(id);
    const given = read(trackingShape, body);
    const added = {
      id: createHash("md5")
        .update(`${String(id)} ${String(order.trackings.length)}`)
        .digest("hex"),
      provider: given.tracking_provider || given.custom_tracking_provider,
      link: given.custom_tracking_link,
      number: given.tracking_number,
      date: given.date_shipped,
    };
    order.trackings.push(added);
    this.#context.changed();
    return { status: 201, body: wireTracking(added) };
  }

  /** What the seller noted as shipped and told the buyer. */
  shipments(orderId: string): readonly SandboxParcel[] {
    const order = this.#orders.book.find(Number(orderId));
    if (!order) return [];
    const told = [
      ...order.notes.filter(({ customer }) => customer).map(({ note }) => note),
      ...order.trackings.map(({ number }) => number),
    ];
    return order.meta.flatMap(({ value }) => {
      const parcel = parcelShape.safeParse(parsed(value));
      if (!parcel.success) return [];
      const { tracking_number: trackingNumber, carrier, lines } = parcel.data;
      if (!told.some((text) => text.includes(trackingNumber))) return [];
      const units = lines.map((line) => ({ lineId: line.line_id, quantity: line.quantity }));
      return [{ trackingNumber, carrier, lines: units }];
    });
  }
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return null;
  }
}
