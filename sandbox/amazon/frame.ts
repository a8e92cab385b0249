/** An answer of the SP-API sandbox. */
export interface AmazonAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** SP-API's error frame. */
export function amazonError(status: number, code: string, message: string): AmazonAnswer {
  return { status, body: { errors: [{ code, message, details: "" }] } };
}
