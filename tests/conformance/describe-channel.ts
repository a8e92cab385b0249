import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { describeConnect } from "./connect.ts";
import { describeDeliveries } from "./deliveries.ts";
import { describeEvents } from "./events.ts";
import { describeFulfilment } from "./fulfilment.ts";
import { describeImport } from "./import.ts";
import { describeLimits } from "./limits.ts";
import { describeListingPowers } from "./listings.ts";
import { describeOrders } from "./orders.ts";
import { describePushes } from "./pushes.ts";
import { describeRefusals } from "./refusals.ts";
import type { ChannelScenario } from "./rig.ts";
import { describeSchema } from "./schema.ts";
import { groundOf, type Ground } from "./ground.ts";
import type { Channel } from "#app/channels/contract.ts";

/**
 * Holds one channel to the contract (contract.ts): every channel's `channel.test.ts` calls this. Everything runs
 * against the simulated platform through the real HTTP core; refusals are put in front of it, so that they come at
 * the very call that is asked for. A power that the channel lacks has no tests; nothing else is optional.
 */
export function describeChannel(channel: Channel, scenario: ChannelScenario): void {
  describe(`channel ${channel.id}`, () => {
    describeDeclaration(channel, scenario);
    describe("calls", () => {
      const ground = groundOf(channel, scenario);
      describePushes(ground);
      describeRefusals(ground);
      describeListingPowers(ground);
      describeOrders(ground);
      describeFulfilment(ground);
      describeSecrecy(ground);
      describeSchema(scenario, () => ground.exchanges());
    });
    describeImport(channel, scenario);
    describeLimits(channel, scenario);
    describeConnect(channel, scenario);
    describeDeliveries(channel, scenario);
    describeEvents(channel, scenario);
  });
}

function describeDeclaration(channel: Channel, scenario: ChannelScenario): void {
  test("its id is its folder's name, and its platform's", () => {
    expect(basename(scenario.folder)).toBe(channel.id);
    expect(scenario.platform.id).toBe(channel.id);
  });
  test("an empty configuration is refused, where the channel needs one", () => {
    expect(channel.app.safeParse({}).success).toBe(scenario.platform.credentials.length === 0);
  });
  test("limits and batch sizes are positive", () => {
    expect(channel.push.batchSizeMax).toBeGreaterThan(0);
    expect(channel.visibleAfterMsMax).toBeGreaterThan(0);
    expect(Object.keys(channel.limits).length).toBeGreaterThan(0);
    for (const limit of Object.values(channel.limits)) {
      expect(limit.ratePerSecond).toBeGreaterThan(0);
      expect(limit.burst).toBeGreaterThanOrEqual(1);
      if (limit.perDay !== undefined) expect(limit.perDay).toBeGreaterThan(0);
    }
  });
  test("what it declares is what it can do", async () => {
    const ground = await groundOf.once(channel, scenario);
    const { session } = ground.rig;
    expect(session.startBulk !== undefined).toBe(channel.push.bulk !== undefined);
    expect(session.pollBulk !== undefined).toBe(channel.push.bulk !== undefined);
    expect(session.receiveMessages !== undefined).toBe(channel.ownQueue === true);
    expect(session.deleteMessages !== undefined).toBe(channel.ownQueue === true);
    expect(session.relistListings !== undefined).toBe(session.endListings !== undefined);
    if (channel.ordersByFetch) expect(session.fetchOrders).toBeDefined();
    if (channel.webhooks) expect(scenario.webhook).toBeDefined();
    if (channel.connect) expect(scenario.connect).toBeDefined();
    await ground.close();
  });
}

function describeSecrecy(ground: Ground): void {
  test("no secret was in any fault or log line", () => {
    const { rig } = ground;
    const everything = rig.spoken.join("\n");
    expect(everything.length).toBeGreaterThan(0);
    for (const secret of rig.secrets()) expect(everything).not.toContain(secret);
  });
}
