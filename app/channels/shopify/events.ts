import type { z } from "zod";
import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import type { ChannelFact, StoredEvent } from "../contract.ts";
import { unreadableFact } from "../unreadable.ts";
import { missingScopes, returnOfRefund, returnOfWebhook } from "./event-mapping.ts";
import { isPutBack, snapshotOfWebhook } from "./mapping.ts";
import { webhookOrder } from "./wire.ts";
import {
  webhookLevel,
  webhookOrderEdit,
  webhookRefund,
  webhookReturn,
  webhookScopes,
  webhookThing,
} from "./wire-events.ts";

/** What a body that fits its schema says. */
type Reader = (body: unknown, topic: string) => readonly ChannelFact[];

/** What a stored Shopify event says. */
export function parseShopifyEvent(event: StoredEvent): readonly ChannelFact[] {
  const reason = ignoredTopics[event.topic];
  if (reason !== undefined) return [{ kind: "ignored", reason }];
  const read = readers[event.topic];
  if (!read) {
    return [{ kind: "ignored", reason: `Topic ${event.topic} changes no stock by itself.` }];
  }
  return read(parseJsonKeepingBigNumbers(event.payload), event.topic);
}

/** Topics that ask for nothing here, and why. */
const ignoredTopics: Readonly<Record<string, string>> = {
  "products/update": "Topic products/update changes no stock by itself.",
  "bulk_operations/finish": "The import looks at its export by itself.",
  // Orders come whole, and at no cost, with orders/updated, fulfilled and partially_fulfilled.
  "fulfillments/create": "The order's own event tells what left.",
  "fulfillments/update": "The order's own event tells what left.",
  "fulfillment_orders/moved": "Both locations' inventory levels tell what moved.",
  "reverse_fulfillment_orders/dispose": "What was put back shows in its inventory level.",
  // What names buyers is taken out before anything is stored (personalData): nothing to hand out or to delete.
  "customers/data_request": "Lockstep keeps nothing that names buyers.",
  "customers/redact": "Lockstep keeps nothing that names buyers.",
  "shop/redact": "This asks for the deletion of the shop's data; it changes no stock.",
};

function reader<Body>(
  what: string,
  schema: z.ZodType<Body>,
  factsOf: (body: Body, topic: string) => readonly ChannelFact[],
): Reader {
  return (body, topic) => {
    const parsed = schema.safeParse(body);
    if (parsed.success) return factsOf(parsed.data, topic);
    return [unreadableFact({ channel: "Shopify", what, body }, parsed.error)];
  };
}

const orderHint = (orderId: string): ChannelFact => ({ kind: "order-hint", orderId });
const levelHint = (match: Readonly<Record<string, string>>): ChannelFact => ({
  kind: "level-hint",
  match,
});
const gid = (kind: string, id: string) => `gid://shopify/${kind}/${id}`;

/** The body is the whole order as it is now. */
const readOrder = reader("order", webhookOrder, (order) => [
  { kind: "order", order: snapshotOfWebhook(order) },
]);
const readLevel = reader("inventory level", webhookLevel, (level) => [
  levelHint({
    inventoryItemId: gid("InventoryItem", level.inventory_item_id),
    locationId: gid("Location", level.location_id),
  }),
]);
const readItem = reader("inventory item", webhookThing, ({ id }) => [
  levelHint({ inventoryItemId: gid("InventoryItem", id) }),
]);
const readLocation = reader("location", webhookThing, ({ id }) => [
  levelHint({ locationId: gid("Location", id) }),
]);
/**
 * Units that never left and are for sale again lower what the order wants: it is read anew. What came back is read at
 * its level, as everything that lies on a shelf again; the order counts it as gone as before (shopify.md 4.4).
 */
const readRefund = reader("refund", webhookRefund, (refund) => {
  const lines = refund.refund_line_items;
  const letsGo = lines.some(({ restock_type }) => isPutBack(restock_type));
  const levels = lines.flatMap(({ restock_type, location_id, line_item }) => {
    const variantId = line_item?.variant_id;
    if (restock_type === "no_restock" || !location_id || !variantId) return [];
    return [
      levelHint({
        variantId: gid("ProductVariant", variantId),
        locationId: gid("Location", location_id),
      }),
    ];
  });
  const returned = returnOfRefund(refund);
  const facts: ChannelFact[] = [
    ...(letsGo ? [orderHint(refund.order_id)] : []),
    ...levels,
    ...(returned ? [{ kind: "return" as const, return: returned }] : []),
  ];
  return facts.length > 0
    ? facts
    : [{ kind: "ignored", reason: "This refund put nothing back on the shelf." }];
});

const readReturn = reader("return", webhookReturn, (wire, topic) => {
  const returned = returnOfWebhook(wire, topic);
  return returned
    ? [{ kind: "return", return: returned }]
    : [{ kind: "ignored", reason: `Topic ${topic} does not name the order.` }];
});

const readScopes = reader("change of permissions", webhookScopes, ({ current }) => {
  const missing = missingScopes(current);
  if (missing.length === 0) {
    return [{ kind: "ignored", reason: "Lockstep has the permissions that stock needs." }];
  }
  const reason = `The shop took permissions back that stock needs: ${missing.join(", ")}. Open Lockstep again to grant them.`;
  return [{ kind: "revoked", reason }];
});

const readers: Readonly<Record<string, Reader>> = {
  "app/uninstalled": () => [
    { kind: "revoked", reason: "The merchant removed the app from the shop." },
  ],
  "app/scopes_update": readScopes,
  "orders/create": readOrder,
  "orders/updated": readOrder,
  "orders/cancelled": readOrder,
  "orders/paid": readOrder,
  "orders/fulfilled": readOrder,
  "orders/partially_fulfilled": readOrder,
  "orders/edited": reader("order edit", webhookOrderEdit, ({ order_edit }) => [
    orderHint(order_edit.order_id),
  ]),
  "refunds/create": readRefund,
  "returns/request": readReturn,
  "returns/approve": readReturn,
  "returns/cancel": readReturn,
  "returns/close": readReturn,
  "returns/decline": readReturn,
  "returns/process": readReturn,
  "returns/reopen": readReturn,
  "returns/update": readReturn,
  "inventory_levels/update": readLevel,
  "inventory_levels/connect": readLevel,
  "inventory_levels/disconnect": readLevel,
  "inventory_items/update": readItem,
  "inventory_items/delete": readItem,
  "products/delete": reader("product", webhookThing, ({ id }) => [
    levelHint({ productId: gid("Product", id) }),
  ]),
  "locations/deactivate": readLocation,
  "locations/delete": readLocation,
};
