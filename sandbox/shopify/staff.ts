import type { ServerResponse } from "node:http";
import { z } from "zod";
import { answerJson, parseJson } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import type { ShopEvents } from "./events.ts";
import type { ShopWorld } from "./nodes.ts";
import { productStatuses } from "./shop-catalogue.ts";
import { restockTypes } from "./shop-order.ts";
import { numberOf, type StockItem } from "./stock.ts";

const orderId = z.string();
const sku = z.string();
const shapes = {
  refund: z.strictObject({
    orderId,
    quantity: z.number().int().min(1),
    restockType: z.enum(restockTypes),
  }),
  move: z.strictObject({ orderId, locationId: z.string() }),
  hold: z.strictObject({ orderId, onHold: z.boolean() }),
  item: z.strictObject({
    sku,
    tracked: z.boolean().optional(),
    requiresComponents: z.boolean().optional(),
  }),
  product: z.strictObject({ sku, status: z.enum(productStatuses) }),
  location: z.strictObject({ locationId: z.string(), isFulfillmentService: z.boolean() }),
};

/**
 * What the merchant's staff does in the admin, for tests: POST /shopify/staff/<what> with a JSON body, answered
 * `{done}`. Not a part of Shopify's API.
 */
export function createStaff(world: ShopWorld, events: ShopEvents) {
  const actions = actionsOf(world, events);
  return (request: SandboxRequest, response: ServerResponse): void => {
    const action = actions[request.path.replace(/^\/staff\//, "")];
    if (!action) {
      answerJson(response, 404, { error: "The staff cannot do this." });
      return;
    }
    const done = action(parseJson(request.rawBody));
    if (typeof done === "string") answerJson(response, 400, { error: done });
    else answerJson(response, 200, { done });
  };
}

type Action = (body: unknown) => boolean | string;

/** An action with its body checked; a text says what is wrong with it. */
function action<Body>(shape: z.ZodType<Body>, act: (body: Body) => boolean): Action {
  return (body) => {
    const parsed = shape.safeParse(body);
    return parsed.success ? act(parsed.data) : z.prettifyError(parsed.error);
  };
}

function actionsOf(
  { orders, catalogue, stock }: ShopWorld,
  events: ShopEvents,
): Readonly<Record<string, Action>> {
  const withItem = (code: string, act: (item: StockItem) => void): boolean => {
    const item = stock.itemOfSku(code);
    if (item) act(item);
    return item !== undefined;
  };
  return {
    refund: action(shapes.refund, (body) =>
      orders.refund(body.orderId, { units: body.quantity, restockType: body.restockType }),
    ),
    move: action(shapes.move, (body) => orders.move(body.orderId, body.locationId)),
    hold: action(shapes.hold, (body) => orders.hold(body.orderId, body.onHold)),
    item: action(shapes.item, ({ sku: code, tracked, requiresComponents }) =>
      withItem(code, (item) => {
        catalogue.setTraits(item, {
          ...(tracked === undefined ? {} : { tracked }),
          ...(requiresComponents === undefined ? {} : { requiresComponents }),
        });
        events.tell("inventory_items/update", itemPayload(item, catalogue.traitsOf(item).tracked));
      }),
    ),
    product: action(shapes.product, ({ sku: code, status }) =>
      withItem(code, (item) => {
        catalogue.setStatus(item.product.gid, status);
      }),
    ),
    location: action(shapes.location, ({ locationId, isFulfillmentService }) => {
      catalogue.setServiceLocation(locationId, isFulfillmentService);
      return true;
    }),
  };
}

function itemPayload(item: StockItem, tracked: boolean): Record<string, unknown> {
  return {
    id: Number(numberOf(item.gid)),
    admin_graphql_api_id: item.gid,
    sku: item.sku.code,
    tracked,
    requires_shipping: true,
    cost: null,
    country_code_of_origin: null,
  };
}
