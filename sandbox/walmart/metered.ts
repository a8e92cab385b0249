import type { SandboxContext } from "../context.ts";
import type { Admission } from "../rate-limit.ts";
import { seller } from "./account.ts";
import { refuse, type WalmartAnswer } from "./frame.ts";
import { publishedLimits, type LimitedOperation } from "./limits.ts";

interface Metered {
  readonly operation: LimitedOperation;
  /** Where one operation has several buckets. */
  readonly bucket?: string;
}

/** Runs a call that its bucket has a token for. Every answer says what is left, and when the next token comes. */
export function metered(
  context: SandboxContext,
  { operation, bucket = "" }: Metered,
  run: () => WalmartAnswer,
): WalmartAnswer {
  const limit = publishedLimits[operation];
  const admission = context.limiter.take(seller.partnerId, `${operation}${bucket}`, limit);
  const headers = bucketHeaders(admission, limit.ratePerSecond);
  if (admission.granted) {
    const given = run();
    return { ...given, headers: { ...headers, ...given.headers } };
  }
  const retryAfter = String(Math.max(1, Math.ceil(admission.retryAfterMs / 1_000)));
  const refusal = refuse(
    429,
    "REQUEST_THRESHOLD_VIOLATED.GMP_GATEWAY_API",
    "You have exceeded the number of requests",
  );
  return { ...refusal, headers: { ...headers, "retry-after": retryAfter } };
}

function bucketHeaders(admission: Admission, ratePerSecond: number): Record<string, string> {
  const waitMs = admission.granted ? 1_000 / ratePerSecond : admission.retryAfterMs;
  return {
    "x-current-token-count": String(Math.floor(admission.tokensLeft)),
    // By the same clock as the Date header.
    "x-next-replenishment-time": String(Math.ceil(Date.now() + waitMs)),
  };
}
