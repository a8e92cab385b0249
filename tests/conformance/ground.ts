import { randomUUID } from "node:crypto";
import { beforeAll, expect } from "vitest";
import { faultKinds, type Fault } from "#app/domain/propagation/faults.ts";
import { createRig, type ChannelScenario, type Exchange, type Rig } from "./rig.ts";
import { startPlatform, type ScenarioPlatform, type StartOptions } from "./sandbox.ts";
import type { Channel, ListingRef, QuantityWrite, WriteResult } from "#app/channels/contract.ts";
import type { Power } from "#app/channels/powers.ts";
import { declaredPowers } from "#scripts/channels/declared-powers.ts";

/** One running platform and one connection to it, for all tests of a block. */
export interface Ground {
  readonly channel: Channel;
  readonly scenario: ChannelScenario;
  /** Known before anything runs: a power that is missing has no tests. */
  readonly powers: ReadonlySet<Power>;
  platform: ScenarioPlatform;
  rig: Rig;
  /** Another connection to the same account, so that an injection left over reaches no other test. */
  freshRig(): Rig;
  /** What reached the platform through any of its rigs. */
  exchanges(): readonly Exchange[];
  close(): Promise<void>;
}

type Options = Omit<StartOptions, "secrets">;

/** A ground that is there once the block's tests run. */
export function groundOf(
  channel: Channel,
  scenario: ChannelScenario,
  options: Options = {},
): Ground {
  const ground = { channel, scenario, powers: powersOfScenario(channel, scenario) } as Ground;
  beforeAll(async () => {
    Object.assign(ground, await startGround(channel, scenario, options));
    // Signed in before anything else, so that an injected answer meets the call it is meant for. A channel that cannot
    // read fails in the tests that read, not here.
    await ground.rig.session
      .readListings(ground.platform.listings.slice(0, 1), neverAborted())
      .catch(() => undefined);
    return () => ground.close();
  });
  return ground;
}

/** A ground for one test, which closes it. */
groundOf.once = startGround;

/** What the channel can do, read off a session that calls nobody. */
export function powersOfScenario(
  channel: Channel,
  { platform }: ChannelScenario,
): ReadonlySet<Power> {
  return declaredPowers(channel, platform);
}

async function startGround(
  channel: Channel,
  scenario: ChannelScenario,
  options: Options = {},
): Promise<Ground> {
  const { secrets } = scenario;
  const platform = await startPlatform(scenario.platform, {
    ...options,
    ...(secrets && { secrets }),
  });
  const rigs = [createRig(channel, platform)];
  const [rig] = rigs as [Rig];
  return {
    channel,
    scenario,
    powers: powersOfScenario(channel, scenario),
    platform,
    rig,
    freshRig() {
      const fresh = createRig(channel, platform, { tokens: rig.tokens });
      rigs.push(fresh);
      return fresh;
    },
    exchanges: () => rigs.flatMap(({ exchanges }) => exchanges),
    close: () => platform.close(),
  };
}

export const neverAborted = () => new AbortController().signal;

/** Listings that the test may do with as it likes; blocks take different ones. */
export function listingsAt(ground: Ground, from: number, count: number): readonly ListingRef[] {
  const found = ground.platform.listings.slice(from, from + count);
  expect(found).toHaveLength(count);
  return found;
}

/** Pushes, waits until it is visible, and notes what was said. */
export async function pushed(
  ground: Ground,
  writes: readonly QuantityWrite[],
  rig = ground.rig,
): Promise<readonly WriteResult[]> {
  const results = await rig.session.pushQuantities(writes, neverAborted());
  ground.rig.spoken.push(...results.map((result) => JSON.stringify(result)));
  expect(results).toHaveLength(writes.length);
  await ground.scenario.settled?.(ground.platform);
  return results;
}

export async function shownOf(rig: Rig, listings: readonly ListingRef[]): Promise<number[]> {
  const results = await rig.session.readListings(listings, neverAborted());
  expect(results).toHaveLength(listings.length);
  return results.map((result) => {
    if (!result.ok) throw new Error(`read failed: ${JSON.stringify(result.fault)}`);
    return result.quantity;
  });
}

/** What buyers see, by the sandbox's own count. */
export function buyersSee(ground: Ground, listings: readonly ListingRef[]): (number | null)[] {
  const { sandbox, definition } = ground.platform;
  return listings.map(({ sku }) => sandbox.platform(definition.id).shown(sku));
}

export async function writesTo(
  rig: Rig,
  listings: readonly ListingRef[],
  quantityOf: (index: number) => number,
): Promise<QuantityWrite[]> {
  const shown = await shownOf(rig, listings);
  return listings.map((listing, index) => {
    const quantity = quantityOf(index);
    return writeOf(listing, quantity, quantity - (shown[index] ?? 0));
  });
}

export function writeOf(listing: ListingRef, quantity: number, delta: number): QuantityWrite {
  return { ...listing, quantity, delta, idempotencyKey: randomUUID() };
}

export function unknownOf({ scenario }: Ground): ListingRef {
  return { listingId: "listing of nothing", sku: "GONE", externalIds: scenario.unknownListing };
}

export function faultOf(result: WriteResult | undefined): Fault | undefined {
  return result && !result.ok ? result.fault : undefined;
}

/** The kind of a result's fault; "ok" where there is none. */
export function kindOf(
  result: { readonly ok: boolean; readonly fault?: Fault } | undefined,
): string {
  const kind = result?.ok === false ? result.fault?.kind : undefined;
  if (kind !== undefined) expect(faultKinds).toContain(kind);
  return kind ?? "ok";
}

/** A buyer orders; fails the test when the platform sells none. */
export function placed(ground: Ground, sku: string, quantity: number): string {
  const { sandbox, definition } = ground.platform;
  const order = sandbox.control.order({ channel: definition.id, sku, quantity });
  if (!order.accepted) throw new Error(`the order of ${sku} was refused: ${order.reason}`);
  return order.orderId;
}
