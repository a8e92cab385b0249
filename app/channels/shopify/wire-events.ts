import { z } from "zod";
import { idText, timeText, units } from "../wire-fields.ts";
import { id } from "./wire.ts";

/** Body of orders/edited: names the order, not its lines. */
export const webhookOrderEdit = z.looseObject({ order_edit: z.looseObject({ order_id: id }) });

/** Body of inventory_levels/update, connect and disconnect. */
export const webhookLevel = z.looseObject({ inventory_item_id: id, location_id: id });

/** Body of inventory_items/*, products/delete and locations/*: the parts that matter here. */
export const webhookThing = z.looseObject({ id });

/** Body of refunds/create. */
export const webhookRefund = z.looseObject({
  id,
  order_id: id,
  created_at: timeText.nullish().catch(null),
  processed_at: timeText.nullish().catch(null),
  return: z.looseObject({ id: id.nullish() }).nullish().catch(null),
  refund_line_items: z.array(
    z.looseObject({
      line_item_id: id,
      quantity: units,
      restock_type: z.string().nullish(),
      location_id: id.nullish().catch(null),
      line_item: z.looseObject({ variant_id: id.nullish() }).nullish().catch(null),
    }),
  ),
});
export type WebhookRefund = z.infer<typeof webhookRefund>;

const returnLine = z.looseObject({
  quantity: units,
  fulfillment_line_item: z.looseObject({ line_item: z.looseObject({ id }) }),
});

/**
 * Body of returns/*. Request and approve name the order and the lines, close and cancel the order alone, decline and
 * update not even that.
 */
export const webhookReturn = z.looseObject({
  id: id.nullish(),
  admin_graphql_api_id: idText.nullish(),
  status: z.string().nullish(),
  order_id: id.nullish(),
  order: z.looseObject({ id: id.nullish() }).nullish().catch(null),
  updated_at: timeText.nullish().catch(null),
  created_at: timeText.nullish().catch(null),
  return_line_items: z
    .array(z.union([returnLine, z.unknown().transform(() => null)]))
    .nullish()
    .catch(null),
});
export type WebhookReturn = z.infer<typeof webhookReturn>;

/** Body of app/scopes_update. */
export const webhookScopes = z.looseObject({ current: z.array(z.string()) });
