import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import {
  invalidFields,
  readFields,
  refuseMethod,
  serveApi,
  type ApiCaller,
} from "#app/api.server.ts";
import { moneyOf, type Money } from "#app/domain/money.ts";
import { setPrices } from "#app/services/listings/set-prices.ts";

/** Prices in one request; its body has a bound of its own. */
const pricesMax = 500;

const shape = z.strictObject({
  prices: z
    .array(
      z.strictObject({
        listingId: z.uuid({ error: "Give the listing's id." }).toLowerCase(),
        amount: z.string({ error: 'Give the price as text: "12.90".' }).max(20),
        currency: z.string().regex(/^[A-Z]{3}$/, { error: "Three capital letters: USD." }),
      }),
    )
    .min(1, { error: "Name at least one price." })
    .max(pricesMax, { error: `At most ${pricesMax} prices in one request.` }),
});

async function price(request: Request, { shopId }: ApiCaller) {
  const { prices } = await readFields(request, shape);
  const errors: { field: string; message: string }[] = [];
  const wishes = prices.flatMap(({ listingId, amount, currency }, index) => {
    const money: Money | null = moneyOf(amount, currency);
    if (money) return [{ listingId, price: money }];
    const field = `prices.${index}.amount`;
    errors.push({ field, message: `"${amount}" is no price in ${currency}.` });
    return [];
  });
  if (errors.length > 0) throw invalidFields(errors);
  const refused = await setPrices(shopId, wishes);
  return { accepted: wishes.length - refused.length, refused };
}

/** POST /api/v1/listings/prices {prices: [{listingId, amount, currency}]}: written, read back and compared later. */
export function action({ request }: ActionFunctionArgs): Promise<Response> | Response {
  if (request.method !== "POST") return refuseMethod("POST");
  return serveApi(request, (caller) => price(request, caller));
}

/** Every reading method. */
export function loader(): Response {
  return refuseMethod("POST");
}
