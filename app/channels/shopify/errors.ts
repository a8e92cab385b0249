import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { ChannelResponse } from "../contract.ts";
import { retryAfterMsOf, statusFault } from "../status-fault.ts";
import type { AdjustError, GraphqlAnswer } from "./wire.ts";

/** Wait when Shopify throttles without saying how much is missing. */
const throttledWaitMsDefault = 1_000;

/** The fault of an answer that is not HTTP 200. `wrote`: the call was a mutation. */
export function faultOfStatus(response: ChannelResponse, wrote: boolean): Fault {
  const code = String(response.status);
  if (response.status === 402) {
    return { kind: "locked", message: "The shop is frozen: its Shopify bill is open.", code };
  }
  if (response.status === 429 && retryAfterMsOf(response) === undefined) {
    return { ...statusFault(response), retryAfterMs: throttledWaitMsDefault };
  }
  // Differences are not harmless to repeat: after these nobody knows whether it was done.
  if (wrote && (response.status === 500 || response.status === 502)) {
    return { kind: "timeout", message: "Shopify broke off; the write may have been done.", code };
  }
  return statusFault(response);
}

const graphqlKinds: Readonly<Record<string, FaultKind>> = {
  // Nobody knows how far Shopify had come.
  INTERNAL_SERVER_ERROR: "timeout",
  TIMEOUT: "timeout",
  ACCESS_DENIED: "unauthorised",
  SHOP_INACTIVE: "locked",
};

/** The fault in the `errors` of a GraphQL answer (HTTP 200), or null when there is none. */
export function faultOfErrors(answer: GraphqlAnswer): Fault | null {
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
  return {
    kind: (code === undefined ? undefined : graphqlKinds[code]) ?? "unexpected",
    message: `Shopify says: ${error.message.slice(0, 300)}`,
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

/** User error codes of inventoryAdjustQuantities (shopify.md 3.1 "reaction table"). */
const adjustKinds: Readonly<Record<string, FaultKind>> = {
  INVALID_INVENTORY_ITEM: "unknown-listing",
  INVALID_LOCATION: "unknown-listing",
  ITEM_NOT_STOCKED_AT_LOCATION: "unknown-listing",
  NON_MUTABLE_INVENTORY_ITEM: "unsupported",
  INVALID_QUANTITY_TOO_HIGH: "rejected",
  INVALID_QUANTITY_TOO_LOW: "rejected",
  SERVICE_UNAVAILABLE: "unavailable",
  ADJUST_QUANTITIES_FAILED: "unavailable",
  // The first try of the same batch is still running: ask again with the same key.
  IDEMPOTENCY_CONCURRENT_REQUEST: "timeout",
};

/** The fault of one user error. */
export function faultOfUserError(error: AdjustError): Fault {
  const code = error.code ?? undefined;
  return {
    kind: (code === undefined ? undefined : adjustKinds[code]) ?? "unexpected",
    message: `Shopify says: ${error.message.slice(0, 300)}`,
    ...(code === undefined ? {} : { code }),
  };
}

/** Which element of `input.changes` a user error is about, or null: ["input","changes","3",…] → 3. */
export function elementOf(error: AdjustError): number | null {
  const index = error.field?.[2];
  return index !== undefined && /^\d+$/.test(index) ? Number(index) : null;
}
