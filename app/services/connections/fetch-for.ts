import { ChannelFault, type Channel } from "#app/channels/contract.ts";
import { env } from "#app/env.server.ts";
import { InnerAddress, requirePublicAddress } from "#app/lib/public-address.ts";

/**
 * What a channel's calls go out through. Where the merchant named the server, an address inside our own network is
 * refused at every call (a name may point elsewhere tomorrow); next to a simulator, loopback is where it is.
 */
export function fetchFor(channel: Channel): typeof fetch {
  return async (input, init) => {
    if (channel.merchantAddress && env().SHOPIFY_SIMULATOR_URL === undefined) {
      await refuseInner(input instanceof Request ? input.url : String(input));
    }
    // Looked up at each call, so that a replaced fetch (traces, tests) is the one used.
    return await globalThis.fetch(input, init);
  };
}

async function refuseInner(url: string): Promise<void> {
  try {
    await requirePublicAddress(url);
  } catch (error) {
    if (!(error instanceof InnerAddress)) throw error;
    throw new ChannelFault({ kind: "rejected", message: error.message });
  }
}
