import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { ChannelResponse } from "../contract.ts";
import { retryAfterMsOf, statusFault } from "../status-fault.ts";
import { amazonLimits, type AmazonOperation } from "./config.ts";
import { errorsAnswer, type Submission } from "./wire.ts";

/** Amazon's own codes (channels.md 3.8); an unknown one goes by the HTTP status. */
const kinds: Readonly<Record<string, FaultKind>> = {
  InvalidInput: "rejected",
  Unauthorized: "unauthorised",
  NotFound: "unknown-listing",
  QuotaExceeded: "rate-limited",
  InternalFailure: "unavailable",
  ServiceUnavailable: "unavailable",
};

/** The fault of an answer that is not HTTP 200. */
export function faultOf(response: ChannelResponse, operation: AmazonOperation): Fault {
  const error = errorsAnswer.safeParse(response.json).data?.errors[0];
  const byStatus = statusFault(response, error?.message);
  const fault = error
    ? { ...byStatus, kind: kinds[error.code] ?? byStatus.kind, code: error.code }
    : byStatus;
  if (fault.kind !== "rate-limited") return fault;
  // Amazon states no wait: one token's time (channels.md 3.8). The retry policy adds jitter.
  const tokenMs = Math.ceil(1_000 / amazonLimits[operation].ratePerSecond);
  return { ...fault, retryAfterMs: retryAfterMsOf(response) ?? tokenMs };
}

/** HTTP 200 is not success: INVALID changed nothing and will not with the same content. */
export function faultOfSubmission(submission: Submission): Fault | null {
  if (submission.status === "ACCEPTED") return null;
  const issue =
    submission.issues.find(({ severity }) => severity === "ERROR") ?? submission.issues[0];
  return {
    kind: "rejected",
    message: `Amazon refuses the quantity: ${(issue?.message ?? "no reason given").slice(0, 300)}`,
    ...(issue ? { code: issue.code } : {}),
  };
}
