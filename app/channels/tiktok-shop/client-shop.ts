import type { z } from "zod";
import { mapAnswer, type Answer, type Call, type Caller } from "./client-call.ts";
import {
  deliveryOptionsData,
  nothing,
  providersData,
  warehousesData,
  webhooksData,
  type ShippingProvider,
  type Warehouse,
} from "./wire-account.ts";

/** Paths carry the version of each endpoint: old ones are retired after notice. */
const logistics = "/logistics/202309";
const webhooksPath = "/event/202309/webhooks";

/** Also made while connecting, before there is a connection. */
export const warehousesCall: Call = {
  operation: "getWarehouses",
  method: "GET",
  path: `${logistics}/warehouses`,
};

/** The shop itself: its warehouses, its carriers, and where its events go. */
export function shopCalls(call: Caller) {
  return {
    async getWarehouses(signal: AbortSignal): Promise<Answer<readonly Warehouse[]>> {
      const request = warehousesCall;
      return mapAnswer(await call(request, warehousesData, signal), (it) => it.warehouses ?? []);
    },
    async getDeliveryOptions(
      warehouseId: string,
      signal: AbortSignal,
    ): Promise<Answer<z.infer<typeof deliveryOptionsData>>> {
      const path = `${logistics}/warehouses/${encodeURIComponent(warehouseId)}/delivery_options`;
      const request: Call = { operation: "getDeliveryOptions", method: "GET", path };
      return call(request, deliveryOptionsData, signal);
    },
    async getShippingProviders(
      deliveryOptionId: string,
      signal: AbortSignal,
    ): Promise<Answer<readonly ShippingProvider[]>> {
      const option = encodeURIComponent(deliveryOptionId);
      const path = `${logistics}/delivery_options/${option}/shipping_providers`;
      const request: Call = { operation: "getShippingProviders", method: "GET", path };
      return mapAnswer(
        await call(request, providersData, signal),
        (data) => data.shipping_providers ?? [],
      );
    },
    /** By event type, the address it goes to. */
    async getWebhooks(signal: AbortSignal): Promise<Answer<ReadonlyMap<string, string>>> {
      const request: Call = { operation: "getWebhooks", method: "GET", path: webhooksPath };
      return mapAnswer(
        await call(request, webhooksData, signal),
        (data) => new Map((data.webhooks ?? []).map((it) => [it.event_type, it.address ?? ""])),
      );
    },
    putWebhook(
      webhook: { readonly event_type: string; readonly address: string },
      signal: AbortSignal,
    ): Promise<Answer<unknown>> {
      const path = webhooksPath;
      const request: Call = { operation: "putWebhook", method: "PUT", path, body: webhook };
      return call(request, nothing, signal);
    },
  };
}
