import { createHmac, randomUUID } from "node:crypto";
import type { SandboxContext } from "../context.ts";
import type { OrderObserver } from "./orders.ts";
import {
  fulfillmentPayload,
  levelPayload,
  movedPayload,
  orderPayload,
  refundPayload,
  returnEndPayload,
  returnPayload,
} from "./payloads.ts";
import { unfulfilledUnits, type ShopOrder } from "./shop-order.ts";
import type { ShopStock, StockLevel } from "./stock.ts";

/** Tells the app what happened in the shop. */
export interface ShopEvents {
  readonly orders: OrderObserver;
  /** Announced a little later, once for all changes of the level until then, with its value of then. */
  levelChanged(level: StockLevel): void;
  /** Any other topic. */
  tell(topic: string, payload: unknown): void;
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

type Send = (topic: string, payload: unknown, happened: Happened) => void;
interface Happened {
  readonly eventId: string;
  readonly atMs: number;
}

export function createShopEvents(context: SandboxContext): ShopEvents {
  const pending = new Map<StockLevel, number>();
  let flush: NodeJS.Timeout | null = null;

  const send: Send = (topic, payload, happened) => {
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
  };

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
    orders: orderEvents(context, send),
    levelChanged(level) {
      pending.set(level, context.now());
      flush ??= setTimeout(sendLevels, levelEventDelayMs).unref();
    },
    tell(topic, payload) {
      send(topic, payload, { eventId: randomUUID(), atMs: context.now() });
    },
    pendingLevels: () => Array.from(pending.keys(), (level) => level.gid),
  };
}

/** What one merchant's or buyer's action tells shares an event id (shopify.md 4.1). */
function orderEvents(context: SandboxContext, send: Send): OrderObserver {
  const happening = () => ({ eventId: randomUUID(), atMs: context.now() });
  const updated = (order: ShopOrder, happened: Happened, topic?: string) => {
    if (topic !== undefined) send(topic, orderPayload(order), happened);
    send("orders/updated", orderPayload(order), happened);
    context.changed();
  };
  return {
    onPlaced(order) {
      const { orderId, item, quantity, placedAtMs } = order;
      context.recordOrder({ orderId, sku: item.sku.code, quantity, placedAtMs });
      const happened = { eventId: randomUUID(), atMs: placedAtMs };
      send("orders/create", orderPayload(order), happened);
    },
    onRefunded(order, refund) {
      const happened = happening();
      updated(order, happened, order.cancelledAtMs === null ? undefined : "orders/cancelled");
      send("refunds/create", refundPayload(order, refund), happened);
    },
    onFulfilled(order, fulfilment) {
      const happened = happening();
      send("fulfillments/create", fulfillmentPayload(order, fulfilment), happened);
      const isWhole = unfulfilledUnits(order) === 0;
      updated(order, happened, isWhole ? "orders/fulfilled" : "orders/partially_fulfilled");
    },
    onReturned(order, returned) {
      const [topic, payload] = {
        requested: ["returns/request", returnPayload],
        received: ["returns/process", returnPayload],
        closed: ["returns/close", returnEndPayload],
      }[returned.state] as [string, typeof returnPayload];
      send(topic, payload(order, returned), happening());
      context.changed();
    },
    onMoved(order, from) {
      send("fulfillment_orders/moved", movedPayload(order, from), happening());
      context.changed();
    },
  };
}

/** After a restart: what was changed before it and not yet announced. */
export function resumeLevels(events: ShopEvents, stock: ShopStock, gids: readonly string[]): void {
  for (const gid of gids) {
    const level = stock.level(gid);
    if (level) events.levelChanged(level);
  }
}
