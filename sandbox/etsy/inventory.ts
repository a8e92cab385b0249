import type { ServerResponse } from "node:http";
import { z } from "zod";
import { parseJson } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { answer, refuse, type EtsyAnswer } from "./frame.ts";
import { groupOf, type EtsyListing, type EtsyProduct, type EtsyShop } from "./shop.ts";
import { minorOf, wireInventory, wireListing } from "./wire.ts";

const quantityMax = 999;

/** specs/etsy/etsy-2026-supplement.json, updateListingInventory: keys that are not named there are refused. */
const bodyShape = z.object({
  products: z
    .array(
      z.strictObject({
        sku: z.string().nullish(),
        property_values: z
          .array(
            z.strictObject({
              property_id: z.number().int().min(1),
              property_name: z.string().optional(),
              scale_id: z.number().int().nullish(),
              value_ids: z.array(z.number().int()),
              values: z.array(z.string()),
            }),
          )
          .optional(),
        offerings: z
          .array(
            z.strictObject({
              price: z.number(),
              quantity: z.number().int().min(0).max(quantityMax),
              is_enabled: z.boolean(),
              readiness_state_id: z.number().int().nullable(),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
  price_on_property: z.array(z.number().int()).optional(),
  quantity_on_property: z.array(z.number().int()).optional(),
  sku_on_property: z.array(z.number().int()).optional(),
  readiness_state_on_property: z.array(z.number().int()).nullish(),
});
type Body = z.infer<typeof bodyShape>;

/** One product of a body, placed: whose stock it is and what it is to show. */
interface Wanted {
  readonly product: EtsyProduct;
  readonly quantity: number;
}

/** The inventory document of a listing: read whole, written whole. */
export class EtsyInventory {
  readonly #context: SandboxContext;
  readonly #shop: EtsyShop;
  /** Listings in a write whose answer has not left yet: a second write to them is refused. */
  readonly #inWrite = new Set<number>();

  constructor(context: SandboxContext, shop: EtsyShop) {
    this.#context = context;
    this.#shop = shop;
  }

  /** `GET /v3/application/listings/{listing_id}/inventory` */
  get(number: number, query: URLSearchParams): EtsyAnswer {
    const listing = this.#shop.listing(number);
    const associated =
      query.get("includes") === "Listing"
        ? { listing: wireListing(this.#context, this.#shop, listing) }
        : {};
    return answer({ ...wireInventory(this.#shop, listing), ...associated });
  }

  /** `PUT` of the same. @param response its end ends the write */
  put(number: number, request: SandboxRequest, response: ServerResponse): EtsyAnswer {
    if (this.#inWrite.has(number)) {
      return refuse(409, "The listing is being edited by another request.");
    }
    const body = bodyShape.safeParse(parseJson(request.rawBody));
    if (!body.success) return refuse(400, problemOf(body.error));
    const before = this.#shop.listing(number);
    const wanted = placed(this.#shop, before, body.data);
    const refusal = typeof wanted === "string" ? wanted : refusalOf(body.data, wanted);
    if (refusal !== null || typeof wanted === "string") return refuse(400, refusal ?? "");
    this.#write(number, body.data, wanted);
    this.#inWrite.add(number);
    response.on("close", () => this.#inWrite.delete(number));
    return answer(wireInventory(this.#shop, this.#shop.listing(number)));
  }

  #write(number: number, body: Body, wanted: readonly Wanted[]): void {
    const listing = this.#shop.edit(number);
    const shownBefore = new Map(listing.products.map(({ code }) => [code, this.#shop.shown(code)]));
    listing.products = wanted.map(({ product }) => product);
    listing.priceOn = body.price_on_property ?? [];
    listing.quantityOn = body.quantity_on_property ?? [];
    listing.skuOn = body.sku_on_property ?? [];
    listing.readinessOn = body.readiness_state_on_property ?? [];
    for (const { product, quantity } of wanted) this.#shop.shelf.setShown(product.code, quantity);
    for (const [code, before] of shownBefore) {
      const after = this.#shop.shown(code) ?? 0;
      if (after !== before) this.#context.recordWrite(code, after);
    }
  }
}

/** The body's products over the listing's own, each with a new id; a sentence where one cannot be placed. */
function placed(shop: EtsyShop, listing: EtsyListing, body: Body): Wanted[] | string {
  const wipes = body.products.some(({ property_values: values }) => !values?.length);
  // Without its values a product is the listing's only one: the variations are gone (channels.md 8.2).
  const products = wipes ? body.products.slice(0, 1) : body.products;
  const wanted: Wanted[] = [];
  for (const sent of products) {
    const values = (sent.property_values ?? []).map((value) => ({
      property_id: value.property_id,
      property_name: value.property_name ?? "",
      scale_id: value.scale_id ?? null,
      value_ids: value.value_ids,
      values: value.values,
    }));
    const ids = JSON.stringify(values.map(({ value_ids }) => value_ids));
    const own = wipes
      ? listing.products[0]
      : listing.products.find(
          (product) => JSON.stringify(product.values.map(({ value_ids }) => value_ids)) === ids,
        );
    const [offering] = sent.offerings;
    const priceMinor = offering ? minorOf(offering.price) : null;
    if (!own || !offering) return "There was a problem with /property_values : invalid value";
    if (priceMinor === null) return "There was a problem with /price : invalid value";
    const told = offering.readiness_state_id;
    const product: EtsyProduct = {
      code: own.code,
      sku: sent.sku ?? "",
      values,
      priceMinor,
      enabled: offering.is_enabled,
      productId: shop.newProductId(),
      // Etsy hides the profile of a listing that is not active: null keeps it there, and takes it off elsewhere.
      readinessStateId: listing.state === "active" ? told : (told ?? own.readinessStateId),
    };
    wanted.push({ product, quantity: offering.quantity });
  }
  return wanted;
}

/** What Etsy has against a document; null when nothing. */
function refusalOf(body: Body, wanted: readonly Wanted[]): string | null {
  const codes = new Set(wanted.map(({ product }) => product.code));
  if (codes.size !== wanted.length) return "Products must have different property values";
  if (!wanted.some(({ product, quantity }) => product.enabled && quantity > 0)) {
    return "One offering must have quantity greater than 0";
  }
  const varying: readonly [string, readonly number[], (one: Wanted) => unknown][] = [
    ["quantity", body.quantity_on_property ?? [], ({ quantity }) => quantity],
    ["price", body.price_on_property ?? [], ({ product }) => product.priceMinor],
    ["sku", body.sku_on_property ?? [], ({ product }) => product.sku],
  ];
  for (const [what, on, valueOf] of varying) {
    const seen = new Map<string, unknown>();
    for (const one of wanted) {
      const group = groupOf(one.product, on);
      if (seen.has(group) && seen.get(group) !== valueOf(one)) {
        return `The supplied ${what} values are incompatible with ${what}_on_property`;
      }
      seen.set(group, valueOf(one));
    }
  }
  return null;
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  if (!issue) return "There was a problem with the request data.";
  if (issue.path[0] === undefined || issue.path.length === 1) {
    return "Missing input parameter: [products]";
  }
  const where = issue.path.filter((part) => typeof part === "string").join("/");
  return `There was a problem with /${where} : ${issue.message}`;
}
