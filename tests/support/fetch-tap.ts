/** What a tap does with one call on its way out; `send` lets it through. */
export type Tap = (send: () => Promise<Response>, call: TappedCall) => Promise<Response>;

export interface TappedCall {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

/**
 * Stands between the app and the platforms: the first call that `wanted` names goes through `tap`, all others pass.
 * @returns puts the real fetch back
 */
export function tapFetch(wanted: (call: TappedCall) => boolean, tap: Tap): () => void {
  const real = globalThis.fetch;
  let tapped = false;
  globalThis.fetch = (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const body = typeof init?.body === "string" ? init.body : "";
    const call = { method: init?.method ?? "GET", url, body };
    if (tapped || !wanted(call)) return real(input, init);
    tapped = true;
    return tap(() => real(input, init), call);
  };
  return () => {
    globalThis.fetch = real;
  };
}

/** A call that changes quantities at one of the sandbox's platforms. */
export function isWriteTo(channel: string): (call: TappedCall) => boolean {
  const path = `/${channel}/`;
  return ({ method, url, body }) => {
    if (!url.includes(path)) return false;
    if (channel === "shopify") return body.includes("inventoryAdjustQuantities");
    if (channel === "amazon") return method === "PATCH";
    if (channel === "ebay") return url.includes("bulk_update_price_quantity");
    return method === "POST" && url.includes("/inventory/update");
  };
}

/** The platform did it, and the answer never came. */
export async function answerLost(send: () => Promise<Response>): Promise<Response> {
  const answer = await send();
  await answer.text();
  throw new DOMException("The operation timed out", "TimeoutError");
}
