import { demoAccounts } from "../catalogue.ts";
import type { SandboxReturn } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { ShelfOrder } from "../shelf.ts";
import type { EventType } from "./account.ts";
import { cancellationId, initiatorOf, orderStatus } from "./orders.ts";
import type { ShopFloor } from "./inventory.ts";
import { tiktokWebhookSignature } from "./signature.ts";

/** Why an order is announced. */
export type OrderCause = "placed" | "cancelled" | "shipped" | "returned" | "status";

/** Type numbers of specs/tiktok/webhook-topics.json. */
const typeNumbers = {
  ORDER_STATUS_CHANGE: 1,
  PRODUCT_STATUS_CHANGE: 5,
  SELLER_DEAUTHORIZATION: 6,
  UPCOMING_AUTHORIZATION_EXPIRATION: 7,
  CANCELLATION_STATUS_CHANGE: 11,
  RETURN_STATUS_CHANGE: 12,
} as const satisfies Partial<Record<EventType, number>>;
type Announced = keyof typeof typeNumbers;

/** Topics that the app's page in the Partner Center sends to the app's one address, until a shop says otherwise. */
const registeredForApp: ReadonlySet<Announced> = new Set<Announced>([
  "ORDER_STATUS_CHANGE",
  "SELLER_DEAUTHORIZATION",
]);

/** The app is warned so long before its authorisation ends. */
const noticeS = 30 * 24 * 3_600;
/** The real ones send this id as a bare number, larger than a double holds. */
const bigProductId = /("product_id":)"(\d+)"/;

const returnStatuses: Readonly<Record<SandboxReturn["state"], string>> = {
  requested: "AWAITING_BUYER_SHIP",
  received: "RETURN_OR_REFUND_REQUEST_SUCCESS",
  closed: "RETURN_OR_REFUND__REQUEST_CANCELLED",
};

/** How the platform tells the app: one signed delivery per subscribed topic. */
export class Announcer {
  readonly #context: SandboxContext;
  #serial = 0;

  constructor(context: SandboxContext) {
    this.#context = context;
  }

  order(floor: ShopFloor, order: ShelfOrder, cause: OrderCause): void {
    if (cause === "returned") {
      this.#returned(floor, order);
      return;
    }
    const { subscriptions } = floor.market;
    const isTold = cause === "cancelled" && subscriptions.has("CANCELLATION_STATUS_CHANGE");
    if (isTold) {
      this.#send(floor, "CANCELLATION_STATUS_CHANGE", {
        order_id: order.orderId,
        cancellations_role: initiatorOf(floor, order),
        cancel_status: "CANCELLATION_REQUEST_SUCCESS",
        cancel_id: cancellationId(order),
        create_time: Math.floor(order.updatedAtMs / 1_000),
      });
    }
    // A part that is cancelled leaves the order's status as it was: only the cancellation is told.
    if (!isTold || order.cancelled) this.#statusChanged(floor, order);
  }

  product(floor: ShopFloor, productId: string): void {
    const { market } = floor;
    const status =
      market.status(productId) === "ACTIVATE"
        ? "PRODUCT_FIRST_PASS_REVIEW"
        : "PRODUCT_STATUS_CHANGED";
    this.#send(floor, "PRODUCT_STATUS_CHANGE", {
      product_id: productId,
      status,
      suspended_reason: "",
      update_time: market.updatedAtS(productId),
    });
  }

  /** The seller removed the app, or the authorisation ends in 30 days. */
  authorisation(floor: ShopFloor, what: "removed" | "expiring"): void {
    const shop = `Shop_id ${demoAccounts.tiktok}`;
    if (what === "removed") {
      const message = `${shop} is deauthorized from your APP by merchant.`;
      this.#send(floor, "SELLER_DEAUTHORIZATION", { message });
      return;
    }
    this.#send(floor, "UPCOMING_AUTHORIZATION_EXPIRATION", {
      message: `Authorization of ${shop} is expiring in 30 days. Please direct the merchant to re-authorize.`,
      expiration_time: String(Math.floor(this.#context.now() / 1_000) + noticeS),
    });
  }

  #statusChanged(floor: ShopFloor, order: ShelfOrder): void {
    const status = orderStatus(floor, order);
    this.#send(floor, "ORDER_STATUS_CHANGE", {
      order_id: order.orderId,
      // The API says CANCELLED, webhooks say CANCEL.
      order_status: status === "CANCELLED" ? "CANCEL" : status,
      is_on_hold_order: status === "ON_HOLD",
      update_time: Math.floor(order.updatedAtMs / 1_000),
    });
  }

  #returned(floor: ShopFloor, order: ShelfOrder): void {
    const returned = order.returns.at(-1);
    if (!returned) return;
    const changedAtS = Math.floor(order.updatedAtMs / 1_000);
    this.#send(floor, "RETURN_STATUS_CHANGE", {
      order_id: order.orderId,
      return_role: "BUYER",
      return_type: "RETURN_AND_REFUND",
      return_status: returnStatuses[returned.state],
      return_id: returned.returnId,
      create_time: changedAtS,
      update_time: changedAtS,
    });
  }

  #send(floor: ShopFloor, topic: Announced, data: unknown): void {
    const subscribed = floor.market.subscriptions.get(topic)?.address;
    const path = subscribed ?? (registeredForApp.has(topic) ? "/webhooks/tiktok-shop" : null);
    if (path === null) return;
    const context = this.#context;
    const nowMs = context.now();
    this.#serial = (this.#serial + 1) % 1_000;
    const serial = String(this.#serial).padStart(3, "0");
    const body = JSON.stringify({
      type: typeNumbers[topic],
      // Constant over repeats of one event, different for each event.
      tts_notification_id: `73${String(nowMs).padStart(14, "0")}${serial}`,
      shop_id: demoAccounts.tiktok,
      timestamp: Math.floor(nowMs / 1_000),
      data,
    }).replace(bigProductId, "$1$2");
    const appKey = context.credential("TIKTOK_SHOP_APP_KEY");
    const appSecret = context.credential("TIKTOK_SHOP_APP_SECRET");
    const headers = { authorization: tiktokWebhookSignature(appKey, appSecret, body) };
    context.emitter.send({ path, body, headers });
  }
}
