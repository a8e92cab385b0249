/** An answer of the Etsy sandbox; `body` undefined sends none. */
export interface EtsyAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Etsy's one shape of refusal (specs/etsy, ErrorSchema). */
export function refuse(status: number, error: string): EtsyAnswer {
  return { status, body: { error } };
}

/** A refusal of the sign-in, or of a token: these alone carry a description. */
export function oauthRefusal(status: number, error: string, description: string): EtsyAnswer {
  return { status, body: { error, error_description: description } };
}

export function answer(body: unknown): EtsyAnswer {
  return { status: 200, body };
}

/** The fields of a form body; null when the body is of another kind. */
export function formOf(request: {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: Buffer;
}): Readonly<Record<string, string>> | null {
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("application/x-www-form-urlencoded")) return null;
  return Object.fromEntries(new URLSearchParams(request.rawBody.toString("utf8")));
}
