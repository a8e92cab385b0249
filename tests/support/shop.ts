import { db } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { newId } from "#app/lib/ids.ts";
import { seal } from "#app/lib/secret-box.ts";
import { forgetShops } from "#app/services/shops/find-shop.ts";
import { shopWithStock, type ShopWithStock } from "#tests/fixtures/shop-with-stock.ts";

/** A shop whose Amazon account sells every SKU; nothing at all answers at Amazon's address. */
export interface ShopOnAmazon extends ShopWithStock {
  readonly amazonId: string;
  /** Amazon's seller id. */
  readonly seller: string;
  readonly shopifyId: string;
}

export async function shopOnAmazon(codes: readonly string[]): Promise<ShopOnAmazon> {
  const shop = await shopWithStock(codes);
  const { shopId, skuIds } = shop;
  const [amazonId, seller] = [newId(), `A${newId()}`];
  await db().connection.create({
    data: {
      ...{ shopId, id: amazonId, channel: "amazon", accountId: seller, label: "Amazon US" },
      settings: { marketplaceId: "ATVPDKIKX0DER", region: "na" },
      secrets: seal(JSON.stringify({ refreshToken: "refresh-1" }), env().ENCRYPTION_KEY),
    },
  });
  await db().listing.createMany({
    data: codes.map((code) => ({
      ...{ shopId, id: newId(), connectionId: amazonId, skuId: skuIds[code] ?? "" },
      ...{ externalIds: { sku: code }, orderKey: code, expectedQty: 10 },
    })),
  });
  const shopify = await db().connection.findFirstOrThrow({ where: { shopId, channel: "shopify" } });
  forgetShops();
  return { ...shop, amazonId, seller, shopifyId: shopify.id };
}

export interface AmazonLine {
  readonly SellerSKU: string;
  readonly Quantity: number;
  readonly OrderItemId?: string;
  readonly QuantityShipped?: number;
}

/** Body of an ORDER_CHANGE notification as Amazon's queue gives it. */
export function amazonOrder(order: {
  readonly seller: string;
  readonly orderId: string;
  readonly lines: readonly AmazonLine[];
  /** Seconds after the order was placed. */
  readonly revision?: number;
  readonly status?: string;
}): string {
  const { seller, orderId, lines, revision = 0, status = "Pending" } = order;
  const placedMs = Date.parse("2026-01-11T00:00:00.000Z");
  const changedAt = new Date(placedMs + revision * 1_000).toISOString();
  return JSON.stringify({
    ...{ NotificationType: "ORDER_CHANGE", EventTime: changedAt },
    NotificationMetadata: { NotificationId: newId() },
    Payload: {
      OrderChangeNotification: {
        ...{ SellerId: seller, AmazonOrderId: orderId },
        OrderChangeTrigger: { TimeOfOrderChange: changedAt },
        Summary: {
          ...{ OrderStatus: status, PurchaseDate: new Date(placedMs).toISOString() },
          FulfillmentType: "MFN",
          OrderItems: lines.map((one, index) => ({ OrderItemId: `item-${index}`, ...one })),
        },
      },
    },
  });
}
