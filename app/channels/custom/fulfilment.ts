import type { ChannelSession } from "#app/channels/contract.ts";
import type { CustomClient } from "./client.ts";
import { shipmentBody } from "./mapping.ts";

/**
 * Telling the server about parcels. A parcel is put under its own id: the server says whether it had it already, so
 * nothing has to be read before a repeat.
 */
export function fulfilmentOf(client: CustomClient): Required<Pick<ChannelSession, "sendShipment">> {
  return {
    async sendShipment(shipment, signal) {
      const parcel = { id: shipment.shipmentId, body: shipmentBody(shipment) };
      const answer = await client.putShipment(parcel, signal);
      return answer.ok ? { ok: true, already: answer.value.status === "already" } : answer;
    },
  };
}
