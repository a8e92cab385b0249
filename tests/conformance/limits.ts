import { describe, expect, test } from "vitest";
import { groundOf, neverAborted, writeOf } from "./ground.ts";
import { createRig, type ChannelScenario } from "./rig.ts";
import type { Channel } from "#app/channels/contract.ts";

/** How long the burst goes on: longer than the second that is looked at. */
const burstMs = 1_300;
/** Calls under way at once, as many workers would have them. */
const lanes = 12;

/** The declared rate limits are the platform's own: under them it never says "too many". */
export function describeLimits(channel: Channel, scenario: ChannelScenario): void {
  describe("limits", () => {
    const ground = groundOf(channel, scenario);

    test("a burst of writes and reads stays under the published rate", async () => {
      const { platform } = ground;
      const { control } = platform.sandbox;
      control.setFaults({ channel: channel.id, rateLimitFactor: 1 });
      const { session } = createRig(channel, platform, {
        tokens: ground.rig.tokens,
        publishedLimits: true,
      });
      const throttledBefore = control.stats()[channel.id]?.throttled ?? 0;
      const until = Date.now() + burstMs;
      const lane = async (index: number) => {
        const listings = platform.listings.slice(index % 8, (index % 8) + 1);
        const writes = listings.map((listing) => writeOf(listing, 10 + index, 0));
        for (let calls = 0; Date.now() < until; calls += 1) {
          if (calls % 2 === 0) await session.readListings(listings, neverAborted());
          else await session.pushQuantities(writes, neverAborted());
        }
      };
      await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
      const after = control.stats()[channel.id];
      expect(after?.throttled).toBe(throttledBefore);
      expect(after?.requests).toBeGreaterThan(0);
    });
  });
}
