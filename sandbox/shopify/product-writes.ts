import type { UserError } from "./inventory-writes.ts";
import { publications, type ShopCatalogue, type StoredMetafield } from "./shop-catalogue.ts";
import type { ShopStock, StockItem } from "./stock.ts";

/** What these writes need. */
export interface ProductWriteTarget {
  readonly stock: ShopStock;
  readonly catalogue: ShopCatalogue;
  /** Told once for each thing that was written. */
  readonly recordWrite: (item: StockItem) => void;
}

export interface VariantInput {
  readonly id?: string | null;
  readonly price?: unknown;
}

/** Metafields in one call (shopify.md 3.7). */
export const metafieldsMax = 25;
/** Largest price Shopify takes, in minor units. */
const priceMinorMax = 99_999_999_999_999;

type Coded = UserError & { readonly code: string };

/**
 * productVariantsBulkUpdate, as far as prices go.
 * @returns the variants that are as wanted now, and what was refused; nothing is written when something was, unless
 *   `partial`
 */
export function updateVariants(
  target: ProductWriteTarget,
  input: {
    readonly productId: string;
    readonly variants: readonly VariantInput[];
    readonly partial: boolean;
  },
): { readonly items: readonly StockItem[]; readonly userErrors: readonly Coded[] } {
  const { stock, catalogue } = target;
  if (!stock.product(input.productId)) {
    const missing = { code: "PRODUCT_DOES_NOT_EXIST", field: ["productId"] };
    return { items: [], userErrors: [{ ...missing, message: "Product does not exist" }] };
  }
  const checked = input.variants.map((variant, index) =>
    checkedVariant(target, { variant, productId: input.productId, index }),
  );
  const userErrors = checked.flatMap((one) => ("code" in one ? [one] : []));
  const wanted = checked.flatMap((one) => ("code" in one ? [] : [one]));
  if (userErrors.length > 0 && !input.partial) return { items: [], userErrors };
  for (const { item, price } of wanted) {
    if (price !== null) catalogue.setPrice(item, price);
    target.recordWrite(item);
  }
  return { items: wanted.map(({ item }) => item), userErrors };
}

function checkedVariant(
  { stock }: ProductWriteTarget,
  given: { readonly variant: VariantInput; readonly productId: string; readonly index: number },
): { readonly item: StockItem; readonly price: number | null } | Coded {
  const { variant, productId, index } = given;
  const refused = (code: string, name: string, message: string): Coded => ({
    ...{ code, message },
    field: ["variants", String(index), name],
  });
  if (!variant.id) return refused("PRODUCT_VARIANT_ID_MISSING", "id", "Variant is missing its ID");
  const item = stock.itemOfVariant(variant.id);
  if (item?.product.gid !== productId) {
    return refused("PRODUCT_VARIANT_DOES_NOT_EXIST", "id", "Product variant does not exist");
  }
  const price = priceOf(variant.price);
  if (price === "negative") {
    return refused("NEGATIVE_PRICE_VALUE", "price", "Price must be greater than or equal to 0");
  }
  if (price === "invalid") return refused("INVALID_INPUT", "price", "Price is invalid");
  return { item, price };
}

/** Minor units; null when no price was given. */
function priceOf(price: unknown): number | null | "negative" | "invalid" {
  if (price === undefined || price === null) return null;
  const text = typeof price === "string" || typeof price === "number" ? String(price) : "";
  if (/^-\d/.test(text)) return "negative";
  if (!/^\d+(\.\d{1,2}0*)?$/.test(text)) return "invalid";
  const minor = Math.round(Number(text) * 100);
  return minor <= priceMinorMax ? minor : "invalid";
}

/** publishablePublish and publishableUnpublish of a product or variant. */
export function setPublished(
  target: ProductWriteTarget,
  input: {
    readonly gid: string;
    readonly publications: readonly { readonly publicationId?: string | null }[];
    readonly published: boolean;
  },
): readonly UserError[] {
  const { stock, catalogue } = target;
  const item = stock.itemOfVariant(input.gid);
  if (!item && !stock.product(input.gid)) {
    return [plain(["id"], "Resource does not exist")];
  }
  const errors = input.publications.flatMap(({ publicationId }, index) =>
    publications.some(({ gid }) => gid === publicationId)
      ? []
      : [
          plain(
            ["input", String(index), "publicationId"],
            "Publication does not exist or is not publishable",
          ),
        ],
  );
  if (errors.length > 0) return errors;
  for (const { publicationId } of input.publications) {
    catalogue.setPublished(input.gid, publicationId ?? "", input.published);
  }
  if (item) target.recordWrite(item);
  return [];
}

export interface MetafieldInput {
  readonly ownerId: string;
  readonly namespace?: string | null;
  readonly key: string;
  readonly type?: string | null;
  readonly value: string;
}

type MetafieldError = UserError & { readonly elementIndex: number };

/** metafieldsSet on variants: all or none. */
export function setMetafields(
  target: ProductWriteTarget,
  inputs: readonly MetafieldInput[],
): {
  readonly metafields: readonly StoredMetafield[];
  readonly userErrors: readonly MetafieldError[];
} {
  const { stock, catalogue } = target;
  const userErrors: MetafieldError[] = [];
  if (inputs.length > metafieldsMax) {
    const message = `Exceeded the maximum metafields input limit of ${String(metafieldsMax)}.`;
    const tooMany = { code: "LESS_THAN_OR_EQUAL_TO", field: ["metafields"], message };
    return { metafields: [], userErrors: [{ ...tooMany, elementIndex: 0 }] };
  }
  const metafields = inputs.map((input, elementIndex): StoredMetafield => {
    const refuse = (code: string, name: string, message: string) =>
      void userErrors.push({
        ...{ code, message, elementIndex },
        field: ["metafields", String(elementIndex), name],
      });
    const { ownerId: ownerGid, key, value, type } = input;
    if (!stock.itemOfVariant(ownerGid)) refuse("INVALID", "ownerId", "Owner does not exist");
    if (!type) refuse("INVALID_TYPE", "type", "Type can't be blank");
    if (type === "json" && !isJson(value)) refuse("INVALID_VALUE", "value", "Value is no JSON");
    return { ownerGid, namespace: input.namespace ?? "custom", key, type: type ?? "", value };
  });
  if (userErrors.length > 0) return { metafields: [], userErrors };
  for (const metafield of metafields) catalogue.setMetafield(metafield);
  return { metafields, userErrors };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function plain(field: readonly string[], message: string): UserError {
  return { code: "", field, message };
}
