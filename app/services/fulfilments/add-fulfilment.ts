import { carriers, type Carrier } from "#app/channels/contract-orders.ts";
import { db, inTransaction } from "#app/db/client.server.ts";
import { isLostRace } from "#app/db/stock.repo.ts";
import { channelLineOf } from "#app/domain/orders/expand-bundles.ts";
import { newId } from "#app/lib/ids.ts";
import { openSession } from "#app/services/connections/open-session.ts";

/** One parcel that a person or a warehouse sent. */
export interface NewFulfilment {
  readonly shopId: string;
  readonly connectionId: string;
  readonly orderId: string;
  /** Lines of the order with units in this parcel. */
  readonly lines: readonly { readonly lineId: string; readonly quantity: number }[];
  readonly carrier: string;
  readonly carrierName: string;
  readonly trackingNumber: string;
  readonly trackingUrl: string | null;
  readonly shippedAt: Date;
}

export type Added =
  | { readonly ok: true; readonly fulfilmentId: string; readonly parcelNumber: number }
  | { readonly ok: false; readonly field: string; readonly reason: string };

/** What carriers print: letters, digits and a few marks (eBay takes letters and digits only, and says so itself). */
const trackingShape = /^[A-Za-z0-9][A-Za-z0-9 ._/-]{3,59}$/;
/** Two people who ship at once: the second one gets the next parcel's number. */
const attemptsMax = 5;

/**
 * Takes a parcel in: a worker tells the channel, and the buyer through it, once. Fewer units than were ordered make a
 * partial shipment. The same parcel again is the one that is known.
 * @returns why not, by field, in words for the merchant
 */
export async function addFulfilment(given: NewFulfilment): Promise<Added> {
  const problem = await problemOf(given);
  if (problem) return { ok: false, ...problem };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await create(given);
    } catch (error) {
      if (!isLostRace(error) || attempt >= attemptsMax) throw error;
    }
  }
}

async function create(given: NewFulfilment): Promise<Added> {
  const { shopId, connectionId, orderId, lines } = given;
  return await inTransaction(async (tx) => {
    const before = await tx.fulfilment.findMany({ where: { shopId, connectionId, orderId } });
    const known = await tx.orderLine.findMany({ where: { shopId, connectionId, orderId } });
    const told = before.filter(({ status }) => status !== "refused");
    const same = told.find((one) => isSameParcel(one, given));
    if (same) return { ok: true, fulfilmentId: same.id, parcelNumber: same.parcelNumber };
    for (const { lineId, quantity } of lines) {
      const ordered = unitsOf(known, lineId);
      if (ordered === 0) {
        return { ok: false, field: "lines", reason: `The order has no line ${lineId}.` };
      }
      const sent = told
        .flatMap((one) => one.lines as { lineId: string; quantity: number }[])
        .filter((line) => line.lineId === lineId)
        .reduce((sum, line) => sum + line.quantity, 0);
      if (sent + quantity > ordered) {
        const reason = `Line ${lineId} has ${ordered - sent} units left to ship.`;
        return { ok: false, field: "lines", reason };
      }
    }
    const id = newId();
    const parcelNumber = Math.max(0, ...before.map((one) => one.parcelNumber)) + 1;
    const { carrier, carrierName, trackingNumber, trackingUrl, shippedAt } = given;
    await tx.fulfilment.create({
      data: {
        ...{ shopId, id, connectionId, orderId, parcelNumber },
        lines: lines.map(({ lineId, quantity }) => ({ lineId, quantity })),
        ...{ carrier, carrierName, trackingNumber: trackingNumber.trim(), trackingUrl, shippedAt },
      },
    });
    return { ok: true, fulfilmentId: id, parcelNumber };
  });
}

/** A parcel has one tracking number: a program that asks again after a lost answer means the one it sent. */
function isSameParcel(
  known: { readonly trackingNumber: string; readonly lines: unknown },
  given: NewFulfilment,
): boolean {
  const units = (lines: readonly { lineId: string; quantity: number }[]) =>
    JSON.stringify(lines.map(({ lineId, quantity }) => [lineId, quantity]).sort());
  return (
    known.trackingNumber === given.trackingNumber.trim() &&
    units(known.lines as NewFulfilment["lines"][number][]) === units(given.lines)
  );
}

/** Units that the buyer ordered on a line; a bundle's line is recorded as its components. */
function unitsOf(
  lines: readonly { readonly lineId: string; readonly quantity: number }[],
  lineId: string,
): number {
  const plain = lines.find((line) => line.lineId === lineId);
  if (plain) return plain.quantity;
  for (const part of lines) {
    const sold = channelLineOf(part.lineId);
    if (sold.component && sold.lineId === lineId) {
      return Math.floor(part.quantity / sold.component.quantity);
    }
  }
  return 0;
}

async function problemOf(
  given: NewFulfilment,
): Promise<{ readonly field: string; readonly reason: string } | null> {
  const { shopId, connectionId, lines } = given;
  if (!(carriers as readonly string[]).includes(given.carrier)) {
    return { field: "carrier", reason: `The carrier is one of: ${carriers.join(", ")}.` };
  }
  if (given.carrier === "other" && given.carrierName.trim() === "") {
    return { field: "carrierName", reason: 'The carrier "other" needs a name.' };
  }
  if (!trackingShape.test(given.trackingNumber.trim())) {
    return { field: "trackingNumber", reason: "A tracking number has 4 to 60 letters and digits." };
  }
  if (
    lines.length === 0 ||
    lines.some(({ quantity }) => !Number.isInteger(quantity) || quantity < 1)
  ) {
    return { field: "lines", reason: "A parcel holds one unit or more of each of its lines." };
  }
  if (Number.isNaN(given.shippedAt.getTime())) {
    return { field: "shippedAt", reason: "The time of shipment is no time." };
  }
  const connection = await db().connection.findUnique({
    where: { shopId_id: { shopId, id: connectionId } },
    select: { id: true },
  });
  if (!connection) return { field: "connectionId", reason: "There is no such connection." };
  const { channel, session } = await openSession(shopId, connectionId);
  return session.sendShipment
    ? null
    : { field: "connectionId", reason: `${channel.label} takes no shipments from us.` };
}

/** A carrier of the list, or "other". */
export function carrierOf(text: string): Carrier {
  return carriers.find((carrier) => carrier === text) ?? "other";
}
