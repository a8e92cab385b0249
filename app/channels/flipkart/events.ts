import type { ChannelSession } from "#app/channels/contract.ts";

/**
 * Flipkart has no call to subscribe with: a person asks its support to register the address, with a certificate of a
 * security audit (VAPT) for it. Nobody can ask whether that was done, so it is said every time.
 */
export function eventsOf(): Required<Pick<ChannelSession, "setUpEvents">> {
  return {
    setUpEvents: ({ url }) =>
      Promise.resolve({
        ok: true,
        topics: [],
        todo: `Ask Flipkart's seller API support to send shipment and return notifications to ${url} (they want your seller id, this address and its VAPT certificate). Until then, orders are looked for every few minutes.`,
      }),
  };
}
