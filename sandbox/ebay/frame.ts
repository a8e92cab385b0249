/** One row of eBay's `errors`. */
export interface EbayError {
  readonly errorId: number;
  readonly domain: string;
  readonly category: "REQUEST" | "APPLICATION" | "BUSINESS";
  readonly message: string;
  readonly longMessage?: string;
}

/** An answer of the eBay sandbox. */
export interface EbayAnswer {
  readonly status: number;
  readonly body: unknown;
}

export function ebayError(
  errorId: number,
  domain: string,
  message: string,
  category: EbayError["category"] = "REQUEST",
): EbayError {
  return { errorId, domain, category, message, longMessage: message };
}

/** The whole call refused. */
export function refuse(status: number, error: EbayError): EbayAnswer {
  return { status, body: { errors: [error] } };
}
