/** An answer of the Flipkart sandbox. */
export interface FlipkartAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A row of `errors` in Flipkart's listing answers. */
export interface FlipkartError {
  readonly severity: "ERROR" | "WARNING";
  readonly code: number;
  readonly description: string;
}

export function listingError(code: number, description: string): FlipkartError {
  return { severity: "ERROR", code, description };
}

/** The whole call refused. Flipkart documents no body for it; this one is seen. */
export function refuse(status: number, description: string, code = status): FlipkartAnswer {
  return { status, body: { errors: [listingError(code, description)] } };
}

/** A refusal of the order API, which speaks in words. */
export function refuseInWords(
  status: number,
  errorCode: string,
  errorMessage: string,
): FlipkartAnswer {
  return { status, body: { errorCode, errorMessage } };
}

/** A refusal of OAuth. */
export function oauthError(status: number, error: string, description: string): FlipkartAnswer {
  return { status, body: { error, error_description: description } };
}

export function ok(body: unknown): FlipkartAnswer {
  return { status: 200, body };
}
