import { callerOf, type TiktokShopContext } from "./client-call.ts";
import { orderReads, shipmentWrites } from "./client-orders.ts";
import { productReads, productWrites } from "./client-products.ts";
import { shopCalls } from "./client-shop.ts";

export type { Answer, TiktokShopContext } from "./client-call.ts";
export type { OrdersWirePage } from "./client-orders.ts";
export type { ProductsWirePage } from "./client-products.ts";

export type TiktokShopClient = ReturnType<typeof createClient>;

/** The calls we make for one connection; each returns wire types or a fault, repeated only for a fresh token or clock. */
export function createClient(context: TiktokShopContext) {
  const call = callerOf(context);
  return {
    ...productReads(call),
    ...productWrites(call),
    ...orderReads(call),
    ...shipmentWrites(call),
    ...shopCalls(call),
  };
}
