import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { ChannelResponse } from "../contract.ts";
import { retryAfterMsOf, statusFault } from "../status-fault.ts";
import type { GraphqlAnswer, UserError } from "./wire.ts";

/** Wait when Shopify throttles without saying how much is missing. */
const throttledWaitMsDefault = 1_000;
/** Wait while all the places for bulk queries are taken. */
const bulkPlaceWaitMs = 30_000;
/** Longest text of Shopify's that goes into a fault. */
const wordsCharsMax = 300;

/** What single statuses mean at Shopify (shopify.md 3.8); the others go by `statusFault`. */
const byStatus: Readonly<Record<number, readonly [FaultKind, string]>> = {
  402: ["locked", "The shop is frozen: its Shopify bill is open."],
  // The shop or this API version, not a listing.
  404: ["unavailable", "Shopify does not answer for this shop."],
  423: ["locked", "Shopify has locked the shop."],
  430: ["unavailable", "Shopify took our call for an attack and refused it."],
};

/** The fault of an answer that is not HTTP 200. `wrote`: the call was a mutation. */
export function faultOfStatus(response: ChannelResponse, wrote: boolean): Fault {
  const code = String(response.status);
  const known = byStatus[response.status];
  if (known) return { kind: known[0], message: known[1], code };
  if (response.status === 429 && retryAfterMsOf(response) === undefined) {
    return { ...statusFault(response), retryAfterMs: throttledWaitMsDefault };
  }
  // Differences are not harmless to repeat: after these nobody knows whether it was done.
  if (wrote && (response.status === 500 || response.status === 502)) {
    return { kind: "timeout", message: "Shopify broke off; the write may have been done.", code };
  }
  return statusFault(response);
}

/** Codes of GraphQL errors. */
const graphqlKinds: Readonly<Record<string, FaultKind>> = {
  // Nobody knows how far Shopify had come.
  INTERNAL_SERVER_ERROR: "timeout",
  TIMEOUT: "timeout",
  ACCESS_DENIED: "unauthorised",
  SHOP_INACTIVE: "locked",
};

/**
 * The fault in the `errors` of a GraphQL answer (HTTP 200), or null when there is none.
 * @param optional the call needs a permission that stock does not: lacking it stops this call, not the connection
 */
export function faultOfErrors(answer: GraphqlAnswer, optional = false): Fault | null {
  const [error] = answer.errors ?? [];
  if (!error) return null;
  const code = error.extensions?.code;
  if (code === "THROTTLED") {
    return {
      kind: "rate-limited",
      message: "Shopify asks us to wait.",
      code,
      retryAfterMs: throttledWaitMs(answer),
    };
  }
  if (code === "ACCESS_DENIED" && optional) {
    const message = `Lockstep has no permission for this in the shop. ${words(error.message)}`;
    return { kind: "rejected", message, code };
  }
  return {
    kind: (code === undefined ? undefined : graphqlKinds[code]) ?? "unexpected",
    message: words(error.message),
    ...(code === undefined ? {} : { code }),
  };
}

/** Until the bucket holds what the query asked for: (requested − available) / restore rate. */
function throttledWaitMs(answer: GraphqlAnswer): number {
  const cost = answer.extensions?.cost;
  const status = cost?.throttleStatus;
  if (!status) return throttledWaitMsDefault;
  const missing = (cost.requestedQueryCost ?? 0) - status.currentlyAvailable;
  return Math.max(Math.ceil((missing / status.restoreRate) * 1_000), 100);
}

/**
 * User error codes of every mutation we send: inventory (shopify.md 3.1 "reaction table"), variants, metafields, bulk
 * queries. A code that is not here is `unexpected`.
 */
export const userErrorKinds: Readonly<Record<string, FaultKind>> = {
  // inventoryAdjustQuantities, inventorySetQuantities
  ADJUST_QUANTITIES_FAILED: "unavailable",
  CHANGE_FROM_QUANTITY_STALE: "locked",
  COMPARE_QUANTITY_REQUIRED: "unexpected",
  COMPARE_QUANTITY_STALE: "locked",
  // The first try of the same batch is still running: ask again with the same key.
  IDEMPOTENCY_CONCURRENT_REQUEST: "timeout",
  IDEMPOTENCY_KEY_PARAMETER_MISMATCH: "unexpected",
  IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED: "unavailable",
  INTERNAL_LEDGER_DOCUMENT: "unexpected",
  INVALID_AVAILABLE_DOCUMENT: "unexpected",
  INVALID_INVENTORY_ITEM: "unknown-listing",
  INVALID_LEDGER_DOCUMENT: "unexpected",
  INVALID_LOCATION: "unknown-listing",
  INVALID_NAME: "unexpected",
  INVALID_QUANTITY_DOCUMENT: "unexpected",
  INVALID_QUANTITY_NAME: "unexpected",
  INVALID_QUANTITY_NEGATIVE: "rejected",
  INVALID_QUANTITY_TOO_HIGH: "rejected",
  INVALID_QUANTITY_TOO_LOW: "rejected",
  INVALID_REASON: "unexpected",
  INVALID_REFERENCE_DOCUMENT: "unexpected",
  ITEM_NOT_STOCKED_AT_LOCATION: "unknown-listing",
  MAX_ONE_LEDGER_DOCUMENT: "unexpected",
  NON_MUTABLE_INVENTORY_ITEM: "unsupported",
  NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR: "unexpected",
  SERVICE_UNAVAILABLE: "unavailable",
  // productVariantsBulkUpdate
  CANNOT_SET_NAME_FOR_LINKED_OPTION_VALUE: "rejected",
  CANNOT_SPECIFY_BOTH: "unexpected",
  GREATER_THAN_OR_EQUAL_TO: "rejected",
  INVALID_INPUT: "rejected",
  INVENTORY_QUANTITIES_LIMIT_EXCEEDED: "rejected",
  LOCAL_CURRENCY_GIFT_CARD_PRICE_MUST_BE_ZERO: "rejected",
  MUST_BE_FOR_THIS_PRODUCT: "rejected",
  MUST_SPECIFY_ONE_OF_PAIR: "unexpected",
  NEED_TO_ADD_OPTION_VALUES: "rejected",
  NEGATIVE_PRICE_VALUE: "rejected",
  NOT_DEFINED_FOR_SHOP: "rejected",
  NO_INVENTORY_QUANTITES_DURING_UPDATE: "unexpected",
  NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE: "unexpected",
  OPTION_DOES_NOT_EXIST: "rejected",
  OPTION_VALUES_FOR_NUMBER_OF_UNKNOWN_OPTIONS: "rejected",
  OPTION_VALUE_DOES_NOT_EXIST: "rejected",
  OPTION_VALUE_NAME_TOO_LONG: "rejected",
  PRODUCT_DOES_NOT_EXIST: "unknown-listing",
  PRODUCT_SUSPENDED: "locked",
  PRODUCT_VARIANT_DOES_NOT_EXIST: "unknown-listing",
  PRODUCT_VARIANT_ID_MISSING: "unknown-listing",
  SUBSCRIPTION_VIOLATION: "rejected",
  UNSUPPORTED_COMBINED_LISTING_PARENT_OPERATION: "unsupported",
  VARIANT_ALREADY_EXISTS: "rejected",
  // metafieldsSet
  APP_NOT_AUTHORIZED: "rejected",
  BLANK: "rejected",
  CAPABILITY_VIOLATION: "rejected",
  INCLUSION: "rejected",
  INTERNAL_ERROR: "unavailable",
  INVALID_COMPARE_DIGEST: "unexpected",
  INVALID_TYPE: "unexpected",
  INVALID_VALUE: "rejected",
  LESS_THAN_OR_EQUAL_TO: "rejected",
  PRESENT: "unexpected",
  STALE_OBJECT: "unavailable",
  TAKEN: "rejected",
  TOO_LONG: "rejected",
  TOO_SHORT: "rejected",
  // bulkOperationRunQuery; INVALID is also a metafield's owner that is gone
  INVALID: "rejected",
  LIMIT_REACHED: "rate-limited",
  OPERATION_IN_PROGRESS: "rate-limited",
};

/** The fault of one user error. Errors without a code (publications, fulfilments) go by `otherwise`. */
export function faultOfUserError(error: UserError, otherwise: FaultKind = "unexpected"): Fault {
  const code = error.code ?? undefined;
  const kind = (code === undefined ? undefined : userErrorKinds[code]) ?? otherwise;
  return {
    kind,
    message: words(error.message),
    ...(code === undefined ? {} : { code }),
    ...(kind === "rate-limited" ? { retryAfterMs: bulkPlaceWaitMs } : {}),
  };
}

/** Which element of an input's list a user error is about, or null: ["input","changes","3",…] → 3 at 2. */
export function elementOf(error: UserError, at = 2): number | null {
  const index = error.field?.[at];
  return index !== undefined && /^\d+$/.test(index) ? Number(index) : null;
}

/** Codes of a bulk query that failed. */
const bulkFailures: Readonly<Record<string, FaultKind>> = {
  ACCESS_DENIED: "unauthorised",
  INTERNAL_SERVER_ERROR: "unavailable",
  TIMEOUT: "unavailable",
};

/** The fault of a bulk query that came to no good end. @param status FAILED, CANCELED, EXPIRED or one unknown to us */
export function faultOfBulk(status: string, errorCode: string | null): Fault {
  const code = errorCode ?? status;
  return {
    kind: bulkFailures[code] ?? "unavailable",
    message: `Shopify's export of the catalogue ended early (${code}).`,
    code,
  };
}

function words(message: string): string {
  return `Shopify says: ${message.slice(0, wordsCharsMax)}`;
}
