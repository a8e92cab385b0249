import type { ServerResponse } from "node:http";
import { z } from "zod";
import { answerJson, parseJson } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import type { Announcer } from "./events.ts";
import type { ShopFloor } from "./inventory.ts";
import { cancellationInitiator, overflowWarehouseId, productStatuses } from "./market.ts";

const on = z.boolean();
const orderStatus = z.enum(["UNPAID", "ON_HOLD", "AWAITING_SHIPMENT"]);

/** What a person, or TikTok itself, does outside the API. */
const action = z.discriminatedUnion("do", [
  /** A product changes its status: taken down, frozen, hidden by hand. */
  z.strictObject({
    do: z.literal("product"),
    productId: z.string(),
    status: z.enum(productStatuses),
  }),
  /** A campaign runs: stock may not fall, the price is locked. */
  z.strictObject({ do: z.literal("promotion"), skuId: z.string(), on }),
  /** Every write to a SKU is refused with this code. */
  z.strictObject({
    do: z.literal("refuse"),
    skuId: z.string(),
    code: z.number().int(),
    message: z.string(),
    on,
  }),
  /** Zero is below the least quantity, as the document says. */
  z.strictObject({ do: z.literal("refuse-zero"), on }),
  /** A SKU lies in the second sales warehouse as well. */
  z.strictObject({ do: z.literal("overflow"), skuId: z.string(), quantity: z.number().int(), on }),
  /** A SKU's stock lies with TikTok. */
  z.strictObject({ do: z.literal("fulfilled-by-tiktok"), skuId: z.string(), on }),
  z.strictObject({ do: z.literal("second-shop"), on }),
  z.strictObject({ do: z.literal("region"), region: z.string().length(2) }),
  /** Who ships: the seller, or TikTok with labels of its own. */
  z.strictObject({ do: z.literal("shipping"), type: z.enum(["SELLER", "TIKTOK"]) }),
  /** In which status orders come from now on. */
  z.strictObject({ do: z.literal("new-orders"), status: orderStatus }),
  /** An order is paid, or its hour of remorse is over. */
  z.strictObject({ do: z.literal("order"), orderId: z.string(), status: orderStatus }),
  /** The seller cancels an order, or TikTok itself does. Buyers cancel at the sandbox's own control. */
  z.strictObject({ do: z.literal("cancel"), orderId: z.string(), by: cancellationInitiator }),
  z.strictObject({ do: z.literal("authorisation"), what: z.enum(["removed", "expiring"]) }),
]);
type Action = z.infer<typeof action>;

/** `POST /seller-center`: the simulated Seller Center, for tests and demonstrations. 200 or 400. */
export function serveSellerCenter(
  floor: ShopFloor,
  announcer: Announcer,
  request: SandboxRequest,
  response: ServerResponse,
): void {
  const parsed = action.safeParse(parseJson(request.rawBody));
  if (!parsed.success) {
    answerJson(response, 400, { error: parsed.error.issues[0]?.message ?? "invalid" });
    return;
  }
  perform(floor, announcer, parsed.data);
  floor.context.changed();
  answerJson(response, 200, { done: parsed.data.do });
}

function perform(floor: ShopFloor, announcer: Announcer, given: Action): void {
  if ("skuId" in given) {
    setSku(floor, given);
    return;
  }
  switch (given.do) {
    case "product":
      floor.market.setStatus(given.productId, given.status);
      announcer.product(floor, given.productId);
      return;
    case "order": {
      floor.market.openOrders.set(given.orderId, given.status);
      const order = floor.shelf.find(given.orderId);
      if (order) announcer.order(floor, order, "status");
      return;
    }
    case "cancel":
      cancel(floor, given);
      return;
    case "authorisation":
      announcer.authorisation(floor, given.what);
      return;
    case "refuse-zero":
    case "second-shop":
    case "region":
    case "shipping":
    case "new-orders":
      setShop(floor, given);
  }
}

/** The initiator is known before the order changes: the change is announced with it. */
function cancel(
  { market, shelf }: ShopFloor,
  { orderId, by }: Extract<Action, { do: "cancel" }>,
): void {
  if (shelf.find(orderId)?.cancelled !== false) return;
  market.cancelledBy.set(orderId, by);
  if (!shelf.cancelOrder(orderId)) market.cancelledBy.delete(orderId);
}

/** What is so with one SKU. */
function setSku(
  { market }: ShopFloor,
  given: Extract<Action, { do: "promotion" | "refuse" | "overflow" | "fulfilled-by-tiktok" }>,
): void {
  const { skuId } = given;
  switch (given.do) {
    case "promotion":
      put(market.promotions, skuId, given.on);
      return;
    case "refuse":
      if (given.on) market.refusals.set(skuId, given);
      else market.refusals.delete(skuId);
      return;
    case "overflow":
      market.setElsewhere(
        skuId,
        given.on ? [{ warehouseId: overflowWarehouseId, quantity: given.quantity }] : [],
      );
      return;
    case "fulfilled-by-tiktok":
      put(market.heldByTiktok, skuId, given.on);
  }
}

/** Settings of the whole shop. */
function setShop(
  { market }: ShopFloor,
  given: Extract<
    Action,
    { do: "refuse-zero" | "second-shop" | "region" | "shipping" | "new-orders" }
  >,
): void {
  switch (given.do) {
    case "refuse-zero":
      market.refusesZero = given.on;
      return;
    case "second-shop":
      market.secondShop = given.on;
      return;
    case "region":
      market.region = given.region;
      return;
    case "shipping":
      market.shippingType = given.type;
      return;
    case "new-orders":
      market.newOrders = given.status;
  }
}

function put(set: Set<string>, id: string, isIn: boolean): void {
  if (isIn) set.add(id);
  else set.delete(id);
}
