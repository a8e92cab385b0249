import { z } from "zod";
import { ok, refuse, type FlipkartAnswer } from "./frame.ts";
import type { Notifications } from "./notifications.ts";
import { cancellationTypes, type ShipmentBook } from "./shipment-book.ts";
import { profiles, type Stock } from "./stock.ts";

const registration = z.strictObject({ url: z.url() });
const listingChange = z.strictObject({
  sku: z.string(),
  profile: z.enum(profiles).optional(),
  listingStatus: z.enum(["ACTIVE", "INACTIVE"]).optional(),
  mrp: z.number().int().min(0).optional(),
  inventory: z.record(z.string(), z.number().int().min(0)).optional(),
  status: z.record(z.string(), z.enum(["ENABLED", "DISABLED"])).optional(),
});
const cancellation = z.strictObject({
  shipmentId: z.string(),
  type: z.enum(cancellationTypes),
});

interface Desk {
  readonly stock: Stock;
  readonly book: ShipmentBook;
  readonly notifications: Notifications;
}

/**
 * What people do at Flipkart by hand, which no API does: `POST /desk/notification-url` is the mail to its support that
 * registers an address for notifications; `POST /desk/listing` is the seller dashboard, `POST /desk/cancellation` whoever
 * cancels (`type`).
 */
export function deskCall(desk: Desk, name: string, body: unknown): FlipkartAnswer | null {
  switch (name) {
    case "POST notification-url":
      return register(desk, body);
    case "POST listing":
      return changeListing(desk, body);
    case "POST cancellation":
      return cancel(desk, body);
    default:
      return null;
  }
}

function register({ notifications }: Desk, body: unknown): FlipkartAnswer {
  const read = registration.safeParse(body).data;
  if (!read) return refuse(400, "A url is wanted");
  notifications.register(read.url);
  return ok({ registered: true });
}

function changeListing({ stock }: Desk, body: unknown): FlipkartAnswer {
  const read = listingChange.safeParse(body).data;
  if (!read || !stock.of(read.sku)) return refuse(400, "A listing is wanted");
  const { sku, profile, listingStatus, mrp, inventory, status } = read;
  stock.change(sku, (state) => {
    if (profile) state.profile = profile;
    if (listingStatus) state.listingStatus = listingStatus;
    if (mrp !== undefined) state.mrp = mrp;
    Object.assign(state.inventory, inventory);
    Object.assign(state.status, status);
  });
  return ok({ changed: true });
}

function cancel({ book }: Desk, body: unknown): FlipkartAnswer {
  const read = cancellation.safeParse(body).data;
  const record = read && book.find(read.shipmentId);
  if (!record) return refuse(400, "A shipment is wanted");
  const { type } = read;
  const done = record.items.map((item) => book.cancel(record, item, { type }));
  return done.includes(true) ? ok({ cancelled: true }) : refuse(400, "It cannot be cancelled");
}
