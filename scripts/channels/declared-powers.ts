import type { Channel } from "#app/channels/contract.ts";
import { powersOf, type Power } from "#app/channels/powers.ts";
import { demoVariables } from "#sandbox/demo-platform.ts";
import type { PlatformDefinition } from "#sandbox/platform.ts";

/** What a channel can do, read off a session of the demo merchant that calls nobody. */
export function declaredPowers(
  channel: Channel,
  definition: PlatformDefinition,
): ReadonlySet<Power> {
  const at = { sandboxUrl: "http://127.0.0.1:1", appUrl: "http://127.0.0.1:2" };
  const { demo } = definition;
  return powersOf(channel, {
    variables: demoVariables(definition, at),
    accountId: demo.accountId,
    settings: demo.settings(at),
    // Shopify's come out of a token exchange.
    secrets: { refreshToken: "none yet", ...demo.secrets },
  });
}
