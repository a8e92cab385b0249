import type { Database } from "./client.server.ts";

/** A parcel that its channel does not know of yet. */
export interface DueFulfilment {
  readonly shopId: string;
  readonly id: string;
  readonly connectionId: string;
  readonly orderId: string;
  readonly parcelNumber: number;
  readonly lines: readonly { readonly lineId: string; readonly quantity: number }[];
  readonly carrier: string;
  readonly carrierName: string;
  readonly trackingNumber: string;
  readonly trackingUrl: string | null;
  readonly shippedAt: Date;
  readonly attempts: number;
}

/** Takes parcels that are due; nobody else gets them before `claimMs` are over. The first parcel of an order first. */
export async function claimDueFulfilments(
  db: Database,
  parcelsMax: number,
  claimMs: number,
): Promise<DueFulfilment[]> {
  return await db.$queryRaw<DueFulfilment[]>`
    UPDATE fulfilment AS f SET next_attempt_at = now() + ${claimMs} * interval '1 millisecond'
    FROM (
      SELECT w.shop_id, w.id FROM fulfilment w
      JOIN connection c ON c.shop_id = w.shop_id AND c.id = w.connection_id AND c.status = 'active'
      WHERE w.status = 'waiting' AND w.next_attempt_at <= now()
        AND NOT EXISTS (SELECT 1 FROM fulfilment o WHERE o.shop_id = w.shop_id AND o.connection_id = w.connection_id
          AND o.order_id = w.order_id AND o.status = 'waiting' AND o.parcel_number < w.parcel_number)
      ORDER BY w.next_attempt_at LIMIT ${parcelsMax} FOR UPDATE OF w SKIP LOCKED
    ) AS due
    WHERE f.shop_id = due.shop_id AND f.id = due.id
    RETURNING f.shop_id AS "shopId", f.id, f.connection_id AS "connectionId", f.order_id AS "orderId",
      f.parcel_number AS "parcelNumber", f.lines, f.carrier, f.carrier_name AS "carrierName",
      f.tracking_number AS "trackingNumber", f.tracking_url AS "trackingUrl", f.shipped_at AS "shippedAt", f.attempts`;
}

/** What became of telling the channel. */
export async function writeFulfilment(
  db: Database,
  { shopId, id }: DueFulfilment,
  became:
    | { readonly kind: "sent" }
    | {
        readonly kind: "again";
        readonly afterMs: number;
        readonly attempts: number;
        readonly error: string;
      }
    | { readonly kind: "refused"; readonly error: string },
): Promise<void> {
  const data =
    became.kind === "sent"
      ? { status: "sent", sentAt: new Date(), error: null, nextAttemptAt: null }
      : became.kind === "refused"
        ? { status: "refused", error: became.error, nextAttemptAt: null }
        : {
            error: became.error,
            attempts: became.attempts,
            nextAttemptAt: new Date(Date.now() + became.afterMs),
          };
  await db.fulfilment.updateMany({ where: { shopId, id, status: "waiting" }, data });
}
