import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { faultKinds, type Fault, type FaultKind } from "#app/domain/propagation/faults.ts";
import { describeEvents } from "./conformance-events.ts";
import {
  createRig,
  type CannedAnswer,
  type ChannelScenario,
  type Injection,
  type Rig,
  type ScenarioPlatform,
} from "./conformance-rig.ts";
import type { Channel, ListingRef, QuantityWrite, WriteResult } from "./contract.ts";

const plainUnauthorised: CannedAnswer = { status: 401, body: "{}" };
const plainThrottled: CannedAnswer = { status: 429, body: "{}", headers: { "retry-after": "7" } };
const plainUnavailable: CannedAnswer = { status: 503, body: "<html>down</html>" };
/** More refused calls in a row than any single push makes. */
const injectedCallsMax = 300;
const neverAborted = () => new AbortController().signal;

/**
 * Holds one channel to the contract (contract.ts): every channel's `channel.test.ts` calls this.
 * Pushes and reads run against the simulated platform through the real HTTP core; refusals are put
 * in front of it, so that they come at the very call that is asked for.
 */
export function describeChannel(channel: Channel, scenario: ChannelScenario): void {
  describe(`channel ${channel.id}`, () => {
    describeDeclaration(channel, scenario);
    describeCalls(channel, scenario);
    if (channel.webhooks) describeWebhooks(channel, scenario);
    describeEvents(channel, scenario);
  });
}

function describeDeclaration(channel: Channel, scenario: ChannelScenario): void {
  test("its id is its folder's name", () => {
    expect(basename(scenario.folder)).toBe(channel.id);
  });
  test("an empty configuration is refused", () => {
    expect(channel.app.safeParse({}).success).toBe(false);
  });
  test("limits and batch size are positive", () => {
    expect(channel.push.batchSizeMax).toBeGreaterThan(0);
    for (const limit of Object.values(channel.limits)) {
      expect(limit.ratePerSecond).toBeGreaterThan(0);
      expect(limit.burst).toBeGreaterThanOrEqual(1);
    }
  });
}

/** One running platform and one connection to it, for all tests of a block. */
interface Ground {
  platform: ScenarioPlatform;
  rig: Rig;
}

function describeCalls(channel: Channel, scenario: ChannelScenario): void {
  const ground = {} as Ground;
  beforeAll(async () => {
    const platform = await scenario.start();
    ground.platform = platform;
    ground.rig = createRig(channel, scenario, platform);
    // Signed in before anything else, so that an injected answer meets the call it is meant for.
    await shownOf(ground.rig, platform.listings.slice(0, 1));
    return () => platform.close();
  });
  describePushes(ground);
  describeUnknownListings(ground, scenario);
  describeRefusals(ground, channel, scenario);
  test("no secret was in any fault or log line", () => {
    const { rig } = ground;
    const everything = rig.spoken.join("\n");
    expect(everything.length).toBeGreaterThan(0);
    for (const secret of rig.secrets()) expect(everything).not.toContain(secret);
  });
}

function describePushes(ground: Ground): void {
  test("what is pushed is what is read back, and pushing it twice changes nothing", async () => {
    const { platform, rig } = ground;
    const targets = platform.listings.slice(0, 3);
    const writes = await writesTo(rig, targets, (index) => 11 + index);
    for (let round = 0; round < 2; round += 1) {
      expect(await pushed(rig, writes)).toEqual(writes.map(() => ({ ok: true })));
      await platform.settled?.();
      expect(await shownOf(rig, targets)).toEqual([11, 12, 13]);
    }
  });

  test("a listing can be sold out and brought back", async () => {
    const { platform, rig } = ground;
    const targets = platform.listings.slice(0, 1);
    for (const quantity of [0, 5]) {
      expect(await pushed(rig, await writesTo(rig, targets, () => quantity))).toEqual([
        { ok: true },
      ]);
      await platform.settled?.();
      expect(await shownOf(rig, targets)).toEqual([quantity]);
    }
  });

  test("nothing to push and nothing to read makes no call", async () => {
    const { rig } = ground;
    const before = rig.calls();
    expect(await pushed(rig, [])).toEqual([]);
    expect(await rig.session.readListings([], neverAborted())).toEqual([]);
    expect(rig.calls()).toBe(before);
  });
}

function describeUnknownListings(ground: Ground, scenario: ChannelScenario): void {
  test("a listing that is not there fails alone", async () => {
    const { platform, rig } = ground;
    const [first, second] = platform.listings;
    if (!first || !second) throw new Error("the scenario needs three listings");
    const writes = await writesTo(rig, [first, second], (index) => 21 + index);
    const unknown = { ...platform.unknownListing, ...writeOf(9, 9) };
    const results = await pushed(
      rig,
      [writes[0], unknown, writes[1]].filter((write) => !!write),
    );
    expect(results.map((result) => result.ok)).toEqual([true, false, true]);
    expect(scenario.unknownListingKinds ?? ["unknown-listing", "rejected"]).toContain(
      kindOf(results[1]),
    );
    await platform.settled?.();
    expect(await shownOf(rig, [first, second])).toEqual([21, 22]);

    const [known, missing] = await rig.session.readListings(
      [first, platform.unknownListing],
      neverAborted(),
    );
    expect(known).toMatchObject({ ok: true, quantity: 21 });
    expect(missing).toMatchObject({ ok: false, fault: { kind: "unknown-listing" } });
  });
}

function describeRefusals(ground: Ground, channel: Channel, scenario: ChannelScenario): void {
  test("a token refused in the middle is renewed once and the push succeeds", async () => {
    const { platform, rig } = ground;
    const refreshes = rig.refreshes();
    const writes = await writesTo(rig, platform.listings.slice(0, 1), () => 31);
    rig.inject(scenario.answers?.unauthorised ?? plainUnauthorised);
    expect(await pushed(rig, writes)).toEqual([{ ok: true }]);
    expect(rig.refreshes()).toBe(refreshes + 1);
  });

  const refusals: [string, Injection, FaultKind][] = [
    ["a throttled call", scenario.answers?.throttled ?? plainThrottled, "rate-limited"],
    ["an outage", scenario.answers?.unavailable ?? plainUnavailable, "unavailable"],
    ["a closed door", "refused", "unavailable"],
    ["silence", "timeout", "timeout"],
    ["an answer that is no JSON", { status: 200, body: "<html>hello</html>" }, "unexpected"],
    ["an answer of another shape", { status: 200, body: '{"hello":[1]}' }, "unexpected"],
  ];
  test.each(refusals)("%s becomes the right kind for every listing", async (_, injection, kind) => {
    const { platform, rig } = ground;
    const targets = platform.listings.slice(0, 2);
    const writes = await writesTo(rig, targets, (index) => 71 + index);
    // A rig of its own, so that no leftover injection reaches the other tests.
    const broken = createRig(channel, scenario, platform, rig.tokens);
    await shownOf(broken, targets.slice(0, 1));
    broken.inject(injection, injectedCallsMax);
    const results = await broken.session.pushQuantities(writes, neverAborted());
    expect(results.map(kindOf)).toEqual([kind, kind]);
    if (kind === "rate-limited") {
      expect(faultOf(results[0])?.retryAfterMs).toBeGreaterThan(0);
    }
    rig.spoken.push(...broken.spoken, JSON.stringify(results));
  });
}

async function pushed(rig: Rig, writes: readonly QuantityWrite[]): Promise<readonly WriteResult[]> {
  const results = await rig.session.pushQuantities(writes, neverAborted());
  rig.spoken.push(...results.map((result) => JSON.stringify(result)));
  expect(results).toHaveLength(writes.length);
  return results;
}

function describeWebhooks(channel: Channel, scenario: ChannelScenario): void {
  const { webhook } = scenario;
  const { webhooks } = channel;
  if (!webhook || !webhooks) throw new Error(`channel ${channel.id} needs a webhook scenario`);
  const http = webhook.http ?? fetch;
  let variables: Readonly<Record<string, string>>;
  beforeAll(async () => {
    const platform = await scenario.start();
    variables = platform.variables;
    await platform.close();
  });
  const app = () => channel.app.parse(variables);

  test("a genuine delivery is accepted, and a repeat of it has the same key", async () => {
    const first = await webhooks.verify(webhook.delivery(variables), app(), http);
    const second = await webhooks.verify(webhook.delivery(variables), app(), http);
    expect(first).toMatchObject({ ok: true, accountId: webhook.accountId });
    expect(second).toEqual(first);
  });

  test("one changed byte anywhere is refused", async () => {
    const delivery = webhook.delivery(variables);
    const length = delivery.rawBody.length;
    for (const at of [0, Math.floor(length / 2), length - 1]) {
      const rawBody = Buffer.from(delivery.rawBody);
      rawBody.writeUInt8(rawBody.readUInt8(at) ^ 1, at);
      const result = await webhooks.verify({ ...delivery, rawBody }, app(), http);
      expect(result.ok).toBe(false);
    }
  });

  test("a delivery without its headers is refused", async () => {
    const bare = { ...webhook.delivery(variables), headers: {} };
    expect((await webhooks.verify(bare, app(), http)).ok).toBe(false);
  });
}

async function shownOf(rig: Rig, listings: readonly ListingRef[]): Promise<number[]> {
  const results = await rig.session.readListings(listings, neverAborted());
  expect(results).toHaveLength(listings.length);
  return results.map((result) => {
    if (!result.ok) throw new Error(`read failed: ${result.fault.message}`);
    return result.quantity;
  });
}

async function writesTo(
  rig: Rig,
  listings: readonly ListingRef[],
  quantityOf: (index: number) => number,
): Promise<QuantityWrite[]> {
  const shown = await shownOf(rig, listings);
  return listings.map((listing, index) => {
    const quantity = quantityOf(index);
    return { ...listing, ...writeOf(quantity, quantity - (shown[index] ?? 0)) };
  });
}

function writeOf(quantity: number, delta: number) {
  return { quantity, delta, idempotencyKey: randomUUID() };
}

function faultOf(result: WriteResult | undefined): Fault | undefined {
  return result && !result.ok ? result.fault : undefined;
}

function kindOf(result: WriteResult | undefined): string {
  const kind = faultOf(result)?.kind;
  return kind && faultKinds.includes(kind) ? kind : "ok";
}
