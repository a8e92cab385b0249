import { randomUUID } from "node:crypto";
import { z } from "zod";
import { readPageToken, writePageToken } from "../page-token.ts";
import { currency, listOf, marketplaceId, refuseMarketplaces, sellerId } from "./account.ts";
import { amazonError, shapeOf, type AmazonAnswer, type Call, type PartedRequest } from "./frame.ts";
import { wireItem, type Offer, type Offers } from "./offers.ts";
import { parseJson } from "../answer.ts";

/** specs/channel-limits.json, amazon.operations (documented), per seller and application. */
const limits = {
  patchListingsItem: { ratePerSecond: 5, burst: 5 },
  getListingsItem: { ratePerSecond: 5, burst: 10 },
  searchListingsItems: { ratePerSecond: 5, burst: 5 },
};
/** specs/amazon/models/listingsItems_2021-08-01.json: identifiers and page size of searchListingsItems. */
const identifiersMax = 20;
const pageSizeMax = 20;
/** The same: "the maximum number of items that can be returned and paged through is 1000". */
const resultsMax = 1_000;
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

export interface Issue {
  readonly code: string;
  readonly message: string;
  readonly severity: "ERROR" | "WARNING";
  readonly attributeNames: readonly string[];
  readonly categories: readonly string[];
}

/** `/listings/2021-08-01/items/{sellerId}[/{sku}]` */
export function listingCall(offers: Offers, { request, names, query }: PartedRequest): Call | null {
  const [seller, sku = ""] = names;
  const call = (operation: keyof typeof limits, run: () => AmazonAnswer): Call => ({
    operation,
    limit: limits[operation],
    token: "seller",
    run: () => refuseListingCall(seller, query) ?? run(),
  });
  switch (shapeOf(request.method, names)) {
    case "PATCH /*/*":
      return call("patchListingsItem", () => patchListing(offers, sku, parseJson(request.rawBody)));
    case "GET /*/*":
      return call("getListingsItem", () => getListing(offers, sku, query));
    case "GET /*":
      return call("searchListingsItems", () => searchListings(offers, query));
    default:
      return null;
  }
}

function refuseListingCall(seller: string | undefined, query: URLSearchParams) {
  if (seller !== sellerId) {
    return amazonError(403, "Unauthorized", "Access to requested resource is denied.");
  }
  return refuseMarketplaces(listOf(query, "marketplaceIds"));
}

/** `PATCH /listings/2021-08-01/items/{sellerId}/{sku}`: ACCEPTED or INVALID, both with HTTP 200. */
function patchListing(offers: Offers, sku: string, body: unknown): AmazonAnswer {
  const offer = offers.find(sku);
  const outcome = applyPatches(offers, sku, body);
  if ("refused" in outcome) return amazonError(400, "InvalidInput", outcome.refused);
  if (!offer) return amazonError(404, "NOT_FOUND", `SKU '${sku}' not found in marketplace.`);
  return {
    status: 200,
    body: {
      sku,
      status: outcome.issues.length > 0 ? "INVALID" : "ACCEPTED",
      submissionId: randomUUID(),
      issues: outcome.issues,
    },
  };
}

/** What became of a patch: the request itself is wrong, or the content is (nothing changed), or it is taken. */
export type PatchOutcome = { readonly refused: string } | { readonly issues: readonly Issue[] };

/** Applies a patch to a listing; the same for a call and for a feed's message. */
export function applyPatches(offers: Offers, sku: string, body: unknown): PatchOutcome {
  const parsed = patchesShape.safeParse(body);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "body";
    return { refused: `Invalid value provided at '${where}'.` };
  }
  const offer = offers.find(sku);
  if (!offer) return { issues: [unknownSku(sku)] };
  const { patches } = parsed.data;
  const refused = patches.map(refusePatch).find((refusal) => refusal !== null);
  if (refused) return { refused };
  const changes = patches.map((patch) => changeOf(offers, offer, patch));
  const issues = changes.flatMap((change) => (typeof change === "function" ? [] : [change]));
  if (issues.length === 0) {
    for (const change of changes) if (typeof change === "function") change();
  }
  return { issues };
}

const changers: Readonly<Record<string, typeof quantityChange>> = {
  "/attributes/fulfillment_availability": quantityChange,
  "/attributes/purchasable_offer": priceChange,
};

/** What is wrong with the request itself, whatever the listing: HTTP 400. */
function refusePatch(patch: Patch): string | null {
  if (!(patch.path in changers)) return `Invalid patch path '${patch.path}'.`;
  const isQuantity = patch.path.endsWith("fulfillment_availability");
  if (isQuantity && patch.value?.[0]?.["fulfillment_channel_code"] === undefined) {
    return "'fulfillment_channel_code' is required.";
  }
  return null;
}

/** How the listing changes, or why it does not. */
function changeOf(offers: Offers, offer: Offer, patch: Patch): (() => void) | Issue {
  if (patch.op !== "merge" && patch.op !== "replace") {
    return issue(
      patch,
      "4000001",
      `The operation '${patch.op}' is not supported for this attribute.`,
    );
  }
  const change = changers[patch.path];
  return change
    ? change(offers, offer, patch)
    : issue(patch, "90000900", "The attributes are invalid.");
}

function quantityChange(offers: Offers, { sku }: Offer, patch: Patch): (() => void) | Issue {
  const wanted = patch.value?.find((one) => one["fulfillment_channel_code"] === "DEFAULT");
  if (!wanted) {
    return issue(patch, "4000003", "The fulfilment channel is not available to this seller.");
  }
  const quantity = wanted["quantity"];
  if (!isQuantity(quantity)) {
    return issue(patch, "90220", `'quantity' must be a whole number from 0 to ${quantityMax}.`);
  }
  return () => {
    if (patch.op === "replace") {
      const leadTime = wanted["lead_time_to_ship_max_days"];
      offers.keepOnly(sku, { leadTimeDays: typeof leadTime === "number" ? leadTime : null });
    }
    offers.setQuantity(sku, quantity);
  };
}

const scheduleShape = z.tuple([
  z.looseObject({
    schedule: z.tuple([z.looseObject({ value_with_tax: z.number().positive() })]),
  }),
]);

function priceChange(offers: Offers, { sku }: Offer, patch: Patch): (() => void) | Issue {
  const wanted = patch.value?.find((one) => one["marketplace_id"] === marketplaceId);
  if (wanted?.["currency"] !== currency) {
    return issue(patch, "99300", `'currency' must be ${currency} in this marketplace.`);
  }
  const price = minorOf(wanted["our_price"]);
  if (price === null) {
    return issue(
      patch,
      "99022",
      "The field 'schedule' for the attribute 'purchasable_offer.our_price' does not have enough values.",
    );
  }
  return () => {
    if (patch.op === "replace") {
      offers.keepOnly(sku, { minimumMinor: minorOf(wanted["minimum_seller_allowed_price"]) });
    }
    offers.setPrice(sku, price);
  };
}

function minorOf(given: unknown): number | null {
  const parsed = scheduleShape.safeParse(given).data;
  return parsed ? Math.round(parsed[0].schedule[0].value_with_tax * 100) : null;
}

function isQuantity(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= quantityMax;
}

function issue({ path }: Patch, code: string, message: string): Issue {
  const attributeNames = [path.split("/").at(-1) ?? ""];
  return { code, message, severity: "ERROR", attributeNames, categories: ["INVALID_ATTRIBUTE"] };
}

function unknownSku(sku: string): Issue {
  return {
    code: "13013",
    message: `This SKU does not exist in the Amazon catalog: ${sku}.`,
    severity: "ERROR",
    attributeNames: [],
    categories: [],
  };
}

/** `GET /listings/2021-08-01/items/{sellerId}/{sku}` */
function getListing(offers: Offers, sku: string, query: URLSearchParams): AmazonAnswer {
  const offer = offers.find(sku);
  if (!offer) return amazonError(404, "NOT_FOUND", `SKU '${sku}' not found in marketplace.`);
  return { status: 200, body: wireItem(offer, blocksOf(query)) };
}

/** `GET /listings/2021-08-01/items/{sellerId}?identifiersType=SKU&identifiers=…`, or all, page by page. */
function searchListings(offers: Offers, query: URLSearchParams): AmazonAnswer {
  const identifiers = listOf(query, "identifiers");
  const pageSize = Number(query.get("pageSize") ?? "10");
  const offset = readPageToken(query.get("pageToken")) ?? 0;
  const refused = refuseSearch(query, { identifiers, pageSize, offset });
  if (refused !== null) return amazonError(400, "InvalidInput", refused);
  const named = identifiers.flatMap((sku) => offers.find(sku) ?? []);
  const total = identifiers.length > 0 ? named.length : offers.count;
  const next = offset + pageSize;
  const page = identifiers.length > 0 ? named.slice(offset, next) : offers.slice(offset, next);
  const blocks = blocksOf(query);
  return {
    status: 200,
    body: {
      numberOfResults: total,
      pagination: next < Math.min(total, resultsMax) ? { nextToken: writePageToken(next) } : {},
      items: page.map((offer) => wireItem(offer, blocks)),
    },
  };
}

function refuseSearch(
  query: URLSearchParams,
  asked: {
    readonly identifiers: readonly string[];
    readonly pageSize: number;
    readonly offset: number;
  },
): string | null {
  const { identifiers, pageSize, offset } = asked;
  if (!(pageSize >= 1 && pageSize <= pageSizeMax)) return "pageSize must be from 1 to 20.";
  if (identifiers.length > identifiersMax) return "At most 20 identifiers are allowed.";
  if (identifiers.length > 0 && query.get("identifiersType") !== "SKU") {
    return "identifiersType must be SKU.";
  }
  return Number.isInteger(offset) && offset >= 0 ? null : "Invalid pageToken.";
}

/** `summaries` when nothing is asked. */
function blocksOf(query: URLSearchParams): ReadonlySet<string> {
  const asked = listOf(query, "includedData");
  return new Set(asked.length > 0 ? asked : ["summaries"]);
}
