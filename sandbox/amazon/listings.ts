import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import { demoAccounts } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import type { Shelf } from "../shelf.ts";
import { readPageToken, writePageToken } from "../page-token.ts";
import { amazonError, type AmazonAnswer } from "./frame.ts";

/** specs/amazon/models/listingsItems_2021-08-01.json: identifiers and page size of searchListingsItems. */
const identifiersMax = 20;
const pageSizeMax = 20;
/** Largest number Amazon takes for a quantity. */
const quantityMax = 99_999_999;

const patchShape = z.looseObject({
  op: z.enum(["add", "replace", "merge", "delete"]),
  path: z.string(),
  value: z.array(z.looseObject({})).optional(),
});
type Patch = z.infer<typeof patchShape>;

const patchesShape = z.looseObject({
  productType: z.string().min(1),
  patches: z.array(patchShape).min(1),
});

const quantityPath = "/attributes/fulfillment_availability";

interface Issue {
  readonly code: string;
  readonly message: string;
  readonly severity: "ERROR" | "WARNING";
  readonly attributeNames: readonly string[];
  readonly categories: readonly string[];
}

/** `PATCH /listings/2021-08-01/items/{sellerId}/{sku}`: ACCEPTED or INVALID, both with HTTP 200. */
export function patchListing(
  context: SandboxContext,
  shelf: Shelf,
  sku: string,
  body: unknown,
): AmazonAnswer {
  const parsed = patchesShape.safeParse(body);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "body";
    return amazonError(400, "InvalidInput", `Invalid value provided at '${where}'.`);
  }
  const known = context.skuByCode(sku);
  if (!known) return amazonError(404, "NotFound", `SKU '${sku}' not found in marketplace.`);
  const { patches } = parsed.data;
  const refused = patches.map(refusePatch).find((refusal) => refusal !== null);
  if (refused) return refused;
  const outcomes = patches.map(quantityOrIssue);
  const issues = outcomes.filter((outcome) => typeof outcome !== "number");
  const quantity = outcomes.at(-1);
  if (issues.length === 0 && typeof quantity === "number") {
    applyQuantity(context, shelf, sku, quantity);
  }
  return {
    status: 200,
    body: {
      sku,
      status: issues.length > 0 ? "INVALID" : "ACCEPTED",
      submissionId: randomUUID(),
      issues,
      identifiers: [{ marketplaceId: demoAccounts.amazonMarketplace, asin: asinOf(known) }],
    },
  };
}

/** What is wrong with the request itself, whatever the listing: HTTP 400. */
function refusePatch(patch: Patch): AmazonAnswer | null {
  if (patch.path !== quantityPath) {
    return amazonError(400, "InvalidInput", `Invalid patch path '${patch.path}'.`);
  }
  if (patch.value?.[0]?.["fulfillment_channel_code"] === undefined) {
    return amazonError(400, "InvalidInput", "'fulfillment_channel_code' is required.");
  }
  return null;
}

/** The quantity a patch sets, or why the listing does not take it. */
function quantityOrIssue({ op, value }: Patch): number | Issue {
  const [wanted] = value ?? [];
  if (wanted?.["fulfillment_channel_code"] !== "DEFAULT") {
    return issue("4000003", "The fulfilment channel is not available to this seller.");
  }
  if (op !== "merge" && op !== "replace") {
    return issue("4000001", `The operation '${op}' is not supported for this attribute.`);
  }
  const quantity = wanted["quantity"];
  return isQuantity(quantity)
    ? quantity
    : issue("90220", "'quantity' must be a whole number from 0 to 99999999.");
}

function isQuantity(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= quantityMax;
}

function applyQuantity(context: SandboxContext, shelf: Shelf, sku: string, quantity: number): void {
  const apply = () => {
    shelf.setShown(sku, quantity);
    context.recordWrite(sku, quantity);
  };
  const { visibleAfterMs } = context.faults();
  if (visibleAfterMs === 0) apply();
  else setTimeout(apply, visibleAfterMs).unref();
}

function issue(code: string, message: string): Issue {
  return {
    code,
    message,
    severity: "ERROR",
    attributeNames: ["fulfillment_availability"],
    categories: ["INVALID_ATTRIBUTE"],
  };
}

/** `GET /listings/2021-08-01/items/{sellerId}/{sku}` */
export function getListing(
  context: SandboxContext,
  shelf: Shelf,
  sku: string,
  query: URLSearchParams,
): AmazonAnswer {
  const known = context.skuByCode(sku);
  if (!known) return amazonError(404, "NotFound", `SKU '${sku}' not found in marketplace.`);
  return { status: 200, body: wireItem(shelf, known, query) };
}

/** `GET /listings/2021-08-01/items/{sellerId}?identifiersType=SKU&identifiers=…`, or all, page by page. */
export function searchListings(
  context: SandboxContext,
  shelf: Shelf,
  query: URLSearchParams,
): AmazonAnswer {
  const pageSize = Number(query.get("pageSize") ?? "10");
  if (!(pageSize >= 1 && pageSize <= pageSizeMax)) {
    return amazonError(400, "InvalidInput", "pageSize must be from 1 to 20.");
  }
  const identifiers = query.getAll("identifiers").flatMap((value) => value.split(","));
  if (identifiers.length > identifiersMax) {
    return amazonError(400, "InvalidInput", "At most 20 identifiers are allowed.");
  }
  if (identifiers.length > 0 && query.get("identifiersType") !== "SKU") {
    return amazonError(400, "InvalidInput", "identifiersType must be SKU.");
  }
  const found =
    identifiers.length > 0
      ? identifiers.flatMap((sku) => context.skuByCode(sku) ?? [])
      : context.catalogue.skus;
  const offset = readPageToken(query.get("pageToken")) ?? 0;
  if (!Number.isInteger(offset) || offset < 0) {
    return amazonError(400, "InvalidInput", "Invalid pageToken.");
  }
  const next = offset + pageSize;
  return {
    status: 200,
    body: {
      numberOfResults: found.length,
      pagination: next < found.length ? { nextToken: writePageToken(next) } : {},
      items: found.slice(offset, next).map((sku) => wireItem(shelf, sku, query)),
    },
  };
}

function asinOf(sku: DemoSku): string {
  return `B0${sku.shopify.variantId.slice(-8)}`;
}

/** Only the blocks asked for, as the real one; `summaries` when nothing is asked. */
function wireItem(shelf: Shelf, sku: DemoSku, query: URLSearchParams): unknown {
  const wanted = new Set((query.get("includedData") ?? "summaries").split(","));
  const quantity = shelf.shown(sku.code) ?? 0;
  const marketplaceId = demoAccounts.amazonMarketplace;
  const item: Record<string, unknown> = { sku: sku.code };
  if (wanted.has("summaries")) {
    item["summaries"] = [
      {
        marketplaceId,
        asin: asinOf(sku),
        productType: "SHIRT",
        itemName: sku.title,
        status: quantity > 0 ? ["BUYABLE", "DISCOVERABLE"] : ["DISCOVERABLE"],
        createdDate: "2026-01-01T00:00:00Z",
        lastUpdatedDate: "2026-01-01T00:00:00Z",
      },
    ];
  }
  if (wanted.has("fulfillmentAvailability")) {
    item["fulfillmentAvailability"] = [{ fulfillmentChannelCode: "DEFAULT", quantity }];
  }
  if (wanted.has("offers")) {
    const amount = (sku.priceMinor / 100).toFixed(2);
    const price = { amount, currencyCode: "USD", currency: "USD" };
    item["offers"] = [{ marketplaceId, offerType: "B2C", price }];
  }
  if (wanted.has("issues")) item["issues"] = [];
  if (wanted.has("attributes")) {
    item["attributes"] = {
      fulfillment_availability: [{ fulfillment_channel_code: "DEFAULT", quantity }],
    };
  }
  return item;
}
