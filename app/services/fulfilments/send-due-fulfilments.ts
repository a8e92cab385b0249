import { ChannelFault, type Shipment, type ShipmentResult } from "#app/channels/contract.ts";
import { raiseAlerts } from "#app/db/alert.repo.ts";
import { db } from "#app/db/client.server.ts";
import {
  claimDueFulfilments,
  writeFulfilment,
  type DueFulfilment,
} from "#app/db/fulfilment.repo.ts";
import { faultWords, type Fault } from "#app/domain/propagation/faults.ts";
import { decideRetry } from "#app/domain/propagation/retry-policy.ts";
import { logger } from "#app/lib/logger.ts";
import { openSession, UnusableConnection } from "#app/services/connections/open-session.ts";
import { pauseForFault } from "#app/services/connections/pause-for-fault.ts";
import { carrierOf } from "./add-fulfilment.ts";

/** How often a worker looks whether parcels wait. */
export const fulfilmentLookEveryMs = 2_000;
/** Parcels told at once by one process. */
const parcelsMax = 20;
const callMsMax = 60_000;
const claimMs = 2 * callMsMax;

/** Tells channels about parcels that wait, each until it is told or refused. */
export async function sendDueFulfilments(): Promise<void> {
  const due = await claimDueFulfilments(db(), parcelsMax, claimMs);
  await Promise.all(due.map(sendSafely));
}

async function sendSafely(due: DueFulfilment): Promise<void> {
  try {
    await settle(due, await send(due));
  } catch (error) {
    if (error instanceof ChannelFault) await settle(due, { ok: false, fault: error.fault });
    else if (error instanceof UnusableConnection) {
      await settle(due, { ok: false, fault: { kind: "revoked", message: error.message } });
    } else logger.error({ err: error, fulfilment: due.id }, "a parcel could not be told");
  }
}

async function send(due: DueFulfilment): Promise<ShipmentResult> {
  const { channel, session } = await openSession(due.shopId, due.connectionId);
  const shipment: Shipment = {
    shipmentId: due.id,
    orderId: due.orderId,
    parcelNumber: due.parcelNumber,
    lines: due.lines,
    carrier: carrierOf(due.carrier),
    carrierName: due.carrierName,
    trackingNumber: due.trackingNumber,
    trackingUrl: due.trackingUrl,
    shippedAt: due.shippedAt.toISOString(),
  };
  const signal = AbortSignal.timeout(callMsMax);
  const unable: Fault = { kind: "unsupported", message: `${channel.label} takes no shipments.` };
  return (await session.sendShipment?.(shipment, signal)) ?? { ok: false, fault: unable };
}

async function settle(due: DueFulfilment, result: ShipmentResult): Promise<void> {
  if (result.ok) {
    await writeFulfilment(db(), due, { kind: "sent" });
    return;
  }
  const { fault } = result;
  const error = faultWords(fault);
  const retry = decideRetry(fault, due.attempts, Math.random());
  if (retry.action === "pause-connection") await pauseForFault(due, fault.message);
  if (retry.action === "again" || retry.action === "pause-connection") {
    const counts = retry.action === "again" && retry.counts;
    const afterMs = retry.action === "again" ? retry.afterMs : 0;
    const attempts = due.attempts + (counts ? 1 : 0);
    await writeFulfilment(db(), due, { kind: "again", afterMs, attempts, error });
    return;
  }
  await writeFulfilment(db(), due, { kind: "refused", error });
  await raiseAlerts(db(), due.shopId, [
    {
      severity: "warning",
      dedupeKey: `fulfilment:${due.id}`,
      message: `The channel refuses parcel ${due.parcelNumber} of order ${due.orderId}: ${error}`,
    },
  ]);
}
