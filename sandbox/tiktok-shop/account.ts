import { z } from "zod";
import { demoAccounts, demoCredentials } from "../catalogue.ts";
import { invalid, type CallResult } from "./frame.ts";
import type { ShopFloor } from "./inventory.ts";
import { returnWarehouseId, salesWarehouses } from "./market.ts";

/** Another shop of the same seller, where Seller Center opened one. It sells nothing yet. */
export const secondShop = {
  id: "7494049642642441622",
  cipher: "ROW_demo_cipher_gb",
  warehouseId: "7068517275539720001",
} as const;

/** specs/tiktok/endpoints/update-shop-webhook.json, `event_type`, and its longest address. */
const eventTypes = [
  "ORDER_STATUS_CHANGE",
  "RECIPIENT_ADDRESS_UPDATE",
  "PACKAGE_UPDATE",
  "PRODUCT_STATUS_CHANGE",
  "SELLER_DEAUTHORIZATION",
  "UPCOMING_AUTHORIZATION_EXPIRATION",
  "CANCELLATION_STATUS_CHANGE",
  "RETURN_STATUS_CHANGE",
  "NEW_CONVERSATION",
  "NEW_MESSAGE",
  "PRODUCT_INFORMATION_CHANGE",
  "PRODUCT_CREATION",
  "PRODUCT_CATEGORY_CHANGE",
  "NEW_MESSAGE_LISTENER",
  "INVOICE_STATUS_CHANGE",
  "PRODUCT_AUDIT_STATUS_CHANGE",
  "REVERSE_STATUS_UPDATE",
] as const;
export type EventType = (typeof eventTypes)[number];
const addressCharsMax = 255;

/** `GET /authorization/202309/shops` */
export function authorisedShops({ market }: ShopFloor): CallResult {
  const first = {
    id: demoAccounts.tiktok,
    name: "Lockstep demo",
    region: market.region,
    seller_type: market.secondShop ? "CROSS_BORDER" : "LOCAL",
    cipher: demoCredentials.tiktok.shopCipher,
    code: "USLCDEMO",
  };
  const second = {
    ...{ id: secondShop.id, name: "Lockstep demo UK", region: "GB" },
    ...{ seller_type: "CROSS_BORDER", cipher: secondShop.cipher, code: "GBCBDEMO" },
  };
  return { data: { shops: market.secondShop ? [first, second] : [first] } };
}

/** `GET /logistics/202309/warehouses`: the seller's own; TikTok's are not among them. */
export function listWarehouses(shopCipher: string): CallResult {
  const own =
    shopCipher === secondShop.cipher
      ? [{ id: secondShop.warehouseId, name: "UK warehouse", isDefault: true }]
      : salesWarehouses;
  const sales = own.map(({ id, name, isDefault }) => ({
    ...{ id, name, effect_status: "ENABLED", type: "SALES_WAREHOUSE" },
    ...{ sub_type: "DOMESTIC_WAREHOUSE", is_default: isDefault },
  }));
  const returns = {
    ...{ id: returnWarehouseId, name: "Returns", effect_status: "ENABLED" },
    ...{ type: "RETURN_WAREHOUSE", sub_type: "DOMESTIC_WAREHOUSE", is_default: false },
  };
  return { data: { warehouses: [...sales, returns] } };
}

/** `GET /event/202309/webhooks` */
export function listWebhooks({ market }: ShopFloor): CallResult {
  const webhooks = [...market.subscriptions].map(([type, it]) => ({
    event_type: type,
    address: it.address,
    create_time: it.createdAtS,
    update_time: it.updatedAtS,
  }));
  return { data: { webhooks, total_count: webhooks.length } };
}

const webhookShape = z.strictObject({
  event_type: z.enum(eventTypes),
  address: z.string().max(addressCharsMax),
});

/** `PUT /event/202309/webhooks`: where one topic goes; the address before is forgotten. */
export function putWebhook({ market, context }: ShopFloor, body: unknown): CallResult {
  const parsed = webhookShape.safeParse(body);
  if (!parsed.success) return invalid("event_type or address.");
  const { event_type: type, address } = parsed.data;
  if (!isTakenAddress(address)) return invalid("The address must be HTTPS without port or IP.");
  const nowS = Math.floor(context.now() / 1_000);
  const before = market.subscriptions.get(type);
  market.subscriptions.set(type, {
    address,
    createdAtS: before?.createdAtS ?? nowS,
    updatedAtS: nowS,
  });
  context.changed();
  return { data: {} };
}

const deletionShape = z.strictObject({ event_type: z.enum(eventTypes) });

/** `DELETE /event/202309/webhooks` */
export function deleteWebhook({ market, context }: ShopFloor, body: unknown): CallResult {
  const parsed = deletionShape.safeParse(body);
  if (!parsed.success) return invalid("event_type.");
  market.subscriptions.delete(parsed.data.event_type);
  context.changed();
  return { data: {} };
}

/** HTTPS, a name, no port (channels.md 5.6); or this machine, where the simulated world lives. */
function isTakenAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, port } = new URL(address);
  if (["127.0.0.1", "localhost", "[::1]"].includes(hostname)) return true;
  return protocol === "https:" && port === "" && !/^[\d.]+$|^\[/.test(hostname);
}
