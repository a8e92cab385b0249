import { createHmac } from "node:crypto";
import type { SandboxContext } from "../context.ts";
import type { ShelfOrder } from "../shelf.ts";
import { demoEtsy } from "./names.ts";

/**
 * Tells the app of an order (channels.md 8.4): signed in Svix's way, anew for every attempt under the same
 * `webhook-id`. Every third delivery lacks the "v1," before its signature, as reported from the field.
 */
export function announceOrder(context: SandboxContext, order: ShelfOrder): void {
  const [type, suffix] = eventOf(order);
  const id = `msg_${order.serial}${suffix}`;
  const body = JSON.stringify({
    event_type: type,
    resource_url: `https://api.etsy.com/v3/application/shops/${demoEtsy.shopId}/receipts/${order.orderId}`,
    shop_id: Number(demoEtsy.shopId),
  });
  const content = () => {
    const timestamp = String(Math.floor(context.now() / 1_000));
    const signature = sign(context.credential("ETSY_WEBHOOK_SECRET"), `${id}.${timestamp}.${body}`);
    return {
      body,
      headers: {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": order.serial % 3 === 0 ? signature : `v1,${signature}`,
      },
    };
  };
  context.emitter.send({ path: "/webhooks/etsy", ...content(), again: content });
}

function eventOf(order: ShelfOrder): readonly [type: string, suffix: string] {
  if (order.cancelled) return ["order.canceled", "c"];
  if (order.parcels.length > 0) return ["order.shipped", "s"];
  return ["order.paid", "p"];
}

/** The key is the decoded secret without its prefix. */
function sign(secret: string, content: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return createHmac("sha256", key).update(content).digest("base64");
}
