import { createHmac, randomUUID } from "node:crypto";
import type { SandboxContext } from "../context.ts";
import type { ShopOrder } from "./orders.ts";
import { levelPayload, orderPayload, refundPayload } from "./payloads.ts";
import type { ShopStock, StockLevel } from "./stock.ts";

/** Tells the app what happened in the shop. */
export interface ShopEvents {
  orderPlaced(order: ShopOrder): void;
  orderCancelled(order: ShopOrder): void;
  /** Announced a little later, once for all changes of the level until then, with its value of then. */
  levelChanged(level: StockLevel): void;
  /** Levels changed and not yet announced. */
  pendingLevels(): string[];
}

/** Shopify puts a level's event together some time after the change; changes in between merge. */
const levelEventDelayMs = 100;
const webhookPath = "/webhooks/shopify";
export const apiVersion = "2026-07";

/** X-Shopify-Hmac-Sha256: base64 over the raw body. */
export function webhookSignature(body: string, secret: string): string {
  return createHmac("sha256", secret).update(body).digest("base64");
}

export function createShopEvents(context: SandboxContext): ShopEvents {
  const pending = new Map<StockLevel, number>();
  let flush: NodeJS.Timeout | null = null;

  function send(topic: string, payload: unknown, happened: { eventId: string; atMs: number }) {
    const body = JSON.stringify(payload);
    context.emitter.send({
      path: webhookPath,
      body,
      headers: {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": context.catalogue.shop,
        "X-Shopify-API-Version": apiVersion,
        "X-Shopify-Webhook-Id": randomUUID(),
        "X-Shopify-Event-Id": happened.eventId,
        "X-Shopify-Triggered-At": new Date(happened.atMs).toISOString(),
        "X-Shopify-Hmac-Sha256": webhookSignature(body, context.credential("SHOPIFY_API_SECRET")),
      },
    });
  }

  function sendLevels() {
    flush = null;
    const changed = [...pending];
    pending.clear();
    for (const [level, atMs] of changed) {
      send("inventory_levels/update", levelPayload(level), { eventId: randomUUID(), atMs });
    }
    context.changed();
  }

  return {
    orderPlaced(order) {
      const happened = { eventId: randomUUID(), atMs: order.placedAtMs };
      send("orders/create", orderPayload(order), happened);
    },
    orderCancelled(order) {
      const happened = { eventId: randomUUID(), atMs: context.now() };
      send("orders/cancelled", orderPayload(order), happened);
      send("orders/updated", orderPayload(order), happened);
      send("refunds/create", refundPayload(order), happened);
    },
    levelChanged(level) {
      pending.set(level, context.now());
      flush ??= setTimeout(sendLevels, levelEventDelayMs).unref();
    },
    pendingLevels: () => Array.from(pending.keys(), (level) => level.gid),
  };
}

/** After a restart: what was changed before it and not yet announced. */
export function resumeLevels(events: ShopEvents, stock: ShopStock, gids: readonly string[]): void {
  for (const gid of gids) {
    const level = stock.level(gid);
    if (level) events.levelChanged(level);
  }
}
