import { z } from "zod";
import { id, unixSeconds } from "./wire.ts";

const textOrNull = z.string().nullish().catch(null);

/** `data` of the token refresh and of the code exchange. Both times are absolute, unix seconds. */
export const tokenData = z.looseObject({
  access_token: z.string().min(1),
  access_token_expire_in: unixSeconds,
  refresh_token: z.string().min(1),
  /** 0 a seller; others are creators and partners. */
  user_type: z.coerce.number().int().nullish().catch(null),
  granted_scopes: z.array(z.string()).nullish().catch(null),
});
export type TokenData = z.infer<typeof tokenData>;

const shop = z.looseObject({
  id,
  name: textOrNull,
  region: textOrNull,
  seller_type: textOrNull,
  cipher: z.string().min(1),
});
export type AuthorisedShop = z.infer<typeof shop>;

/** `data` of authorization/shops. */
export const shopsData = z.looseObject({ shops: z.array(shop).nullish() });

const warehouse = z.looseObject({
  id,
  name: textOrNull,
  /** `ENABLED`, `DISABLED`, `RESTRICTED` (holiday mode, order limit). */
  effect_status: textOrNull,
  /** `SALES_WAREHOUSE` or `RETURN_WAREHOUSE`. */
  type: textOrNull,
  is_default: z.boolean().nullish().catch(null),
});
export type Warehouse = z.infer<typeof warehouse>;

/** `data` of logistics/warehouses. */
export const warehousesData = z.looseObject({ warehouses: z.array(warehouse).nullish() });

/** `data` of logistics/warehouses/{id}/delivery_options. */
export const deliveryOptionsData = z.looseObject({
  delivery_options: z.array(z.looseObject({ id, type: textOrNull })).nullish(),
});

const provider = z.looseObject({ id, name: z.string() });
export type ShippingProvider = z.infer<typeof provider>;

/** `data` of logistics/delivery_options/{id}/shipping_providers. */
export const providersData = z.looseObject({ shipping_providers: z.array(provider).nullish() });

/** `data` of event/webhooks. */
export const webhooksData = z.looseObject({
  webhooks: z
    .array(z.looseObject({ event_type: z.string(), address: z.string().nullish().catch(null) }))
    .nullish(),
});

/** `data` of cancellations/search: of each we need to know only which order to read again. */
export const cancellationsData = z.looseObject({
  cancellations: z.array(z.looseObject({ order_id: id })).nullish(),
  next_page_token: z.string().nullish(),
});

/** `data` of a write that answers nothing we need. */
export const nothing = z.unknown();
