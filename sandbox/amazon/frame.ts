import type { SandboxRequest } from "../channel.ts";
import type { PublishedLimit } from "../rate-limit.ts";

/** An answer of the SP-API sandbox. */
export interface AmazonAnswer {
  readonly status: number;
  /** JSON; left out where the answer is empty (204). */
  readonly body?: unknown;
}

/** SP-API's error frame. */
export function amazonError(status: number, code: string, message: string): AmazonAnswer {
  return { status, body: { errors: [{ code, message, details: "" }] } };
}

/** One call of the API. */
export interface Call {
  readonly limit: PublishedLimit;
  readonly operation: string;
  /** Whose token it takes: the seller's, or the app's own (`grantless`). */
  readonly token: "seller" | "grantless";
  run(): AmazonAnswer;
}

/** A request with its path in parts, percent-decoded: ["listings", "2021-08-01", "items", …]. */
export interface PartedRequest {
  readonly request: SandboxRequest;
  readonly names: readonly string[];
  readonly query: URLSearchParams;
}

/** "GET /*\/*" of a path's last parts: which call of an area it is. */
export function shapeOf(method: string, names: readonly string[]): string {
  return `${method} ${"/*".repeat(names.length)}`;
}
