import type { z } from "zod";
import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import { hmacSha256, sameSignature } from "#app/lib/signature.ts";
import type { ChannelFact, ChannelWebhooks, StoredEvent, WebhookRequest } from "../contract.ts";
import { unreadableFact } from "../unreadable.ts";
import { authenticKeys } from "../webhook-keys.ts";
import type { ShopifyApp } from "./config.ts";
import { snapshotOfWebhook } from "./mapping.ts";
import { webhookLevel, webhookOrder, webhookOrderEdit } from "./wire.ts";

export const shopifyWebhooks: ChannelWebhooks<ShopifyApp> = {
  addressing: "app",
  personalData: true,
  verify(request, app) {
    const { headers } = request;
    if (!isSigned(request, app)) return Promise.resolve({ ok: false, reason: "signature" });
    const accountId = headers["x-shopify-shop-domain"];
    const externalEventId = headers["x-shopify-webhook-id"];
    const topic = headers["x-shopify-topic"];
    if (!accountId || !externalEventId || !topic) {
      return Promise.resolve({ ok: false, reason: "malformed" });
    }
    const occurredAt = headers["x-shopify-triggered-at"];
    const keys = authenticKeys({ accountId, externalEventId, topic, occurredAt });
    return Promise.resolve({ ok: true, ...keys });
  },
};

/** The body signed with our secret, or for an hour after a rotation with the one before. */
function isSigned(request: WebhookRequest, app: ShopifyApp): boolean {
  const given = request.headers["x-shopify-hmac-sha256"];
  if (!given) return false;
  const secrets = [app.apiSecret, app.previousApiSecret].filter((secret) => secret !== null);
  return secrets.some((secret) =>
    sameSignature(hmacSha256(secret, request.rawBody, "base64"), given),
  );
}

/** Topics whose body is the whole order as it is now. */
const orderTopics = new Set([
  "orders/create",
  "orders/updated",
  "orders/cancelled",
  "orders/paid",
  "orders/fulfilled",
  "orders/partially_fulfilled",
]);
const levelTopics = new Set(["inventory_levels/update", "inventory_levels/connect"]);

/** What a stored Shopify event says. */
export function parseShopifyEvent(event: StoredEvent): readonly ChannelFact[] {
  if (event.topic === "app/uninstalled") {
    return [{ kind: "revoked", reason: "The merchant removed the app from the shop." }];
  }
  const body = parseJsonKeepingBigNumbers(event.payload);
  if (orderTopics.has(event.topic)) return [orderFact(body)];
  if (event.topic === "orders/edited") return [editFact(body)];
  if (levelTopics.has(event.topic)) return [levelFact(body)];
  return [{ kind: "ignored", reason: `Topic ${event.topic} changes no stock by itself.` }];
}

function orderFact(body: unknown): ChannelFact {
  const order = webhookOrder.safeParse(body);
  if (!order.success) return unreadable("order", body, order.error);
  return { kind: "order", order: snapshotOfWebhook(order.data) };
}

function editFact(body: unknown): ChannelFact {
  const edit = webhookOrderEdit.safeParse(body);
  if (!edit.success) return unreadable("order edit", body, edit.error);
  return { kind: "order-hint", orderId: edit.data.order_edit.order_id };
}

function levelFact(body: unknown): ChannelFact {
  const level = webhookLevel.safeParse(body);
  if (!level.success) return unreadable("inventory level", body, level.error);
  return {
    kind: "level-hint",
    match: {
      inventoryItemId: `gid://shopify/InventoryItem/${level.data.inventory_item_id}`,
      locationId: `gid://shopify/Location/${level.data.location_id}`,
    },
  };
}

function unreadable(what: string, body: unknown, error: z.ZodError): ChannelFact {
  return unreadableFact({ channel: "Shopify", what, body }, error);
}
