import { expect, test } from "vitest";
import {
  buyersSee,
  kindOf,
  listingsAt,
  neverAborted,
  pushed,
  shownOf,
  unknownOf,
  writeOf,
  writesTo,
  type Ground,
} from "./ground.ts";

/** What a write does when the platform takes it. */
export function describePushes(ground: Ground): void {
  test("what is pushed is what is read back, and pushing it twice changes nothing", async () => {
    const targets = listingsAt(ground, 0, 3);
    const writes = await writesTo(ground.rig, targets, (index) => 11 + index);
    for (let round = 0; round < 2; round += 1) {
      expect(await pushed(ground, writes)).toEqual(writes.map(() => ({ ok: true })));
      expect(await shownOf(ground.rig, targets)).toEqual([11, 12, 13]);
      // A listing by difference shows one location of several: buyers see their sum.
      const { mode } = ground.channel.push;
      if (mode === "absolute") expect(buyersSee(ground, targets)).toEqual([11, 12, 13]);
    }
  });

  test("a listing can be sold out and brought back", async () => {
    const targets = listingsAt(ground, 0, 1);
    for (const quantity of [0, 5]) {
      const writes = await writesTo(ground.rig, targets, () => quantity);
      expect(await pushed(ground, writes)).toEqual([{ ok: true }]);
      expect(await shownOf(ground.rig, targets)).toEqual([quantity]);
    }
  });

  test("nothing to push and nothing to read makes no call", async () => {
    const { rig } = ground;
    const before = rig.calls();
    expect(await pushed(ground, [])).toEqual([]);
    expect(await rig.session.readListings([], neverAborted())).toEqual([]);
    expect(rig.calls()).toBe(before);
  });

  test("a read says what a listing costs and whether it is on sale", async () => {
    const targets = listingsAt(ground, 0, 2);
    const reads = await ground.rig.session.readListings(targets, neverAborted());
    for (const [index, read] of reads.entries()) {
      expect(read).toMatchObject({ ok: true, state: "active" });
      if (!read.ok || read.price === null) continue;
      expect(read.price.minor).toBe(ground.platform.skus[index]?.priceMinor);
      expect(read.price.currency).toMatch(/^[A-Z]{3}$/);
    }
  });

  test("one bad item in a batch fails alone", async () => {
    const [first, second] = listingsAt(ground, 0, 2);
    if (!first || !second) throw new Error("unreachable");
    const writes = await writesTo(ground.rig, [first, second], (index) => 21 + index);
    const batch = [writes[0], writeOf(unknownOf(ground), 9, 9), writes[1]].filter((it) => !!it);
    const results = await pushed(ground, batch);
    expect(results.map((result) => result.ok)).toEqual([true, false, true]);
    expect(ground.scenario.unknownListingKinds ?? ["unknown-listing", "rejected"]).toContain(
      kindOf(results[1]),
    );
    expect(await shownOf(ground.rig, [first, second])).toEqual([21, 22]);
    const [known, missing] = await ground.rig.session.readListings(
      [first, unknownOf(ground)],
      neverAborted(),
    );
    expect(known).toMatchObject({ ok: true, quantity: 21 });
    expect(missing).toMatchObject({ ok: false, fault: { kind: "unknown-listing" } });
  });

  test("of two pushes that race, the newer number stays", async () => {
    const [target] = listingsAt(ground, 1, 1);
    const [before = 0] = await shownOf(ground.rig, listingsAt(ground, 1, 1));
    if (!target) throw new Error("unreachable");
    const older = writeOf(target, 4, 4 - before);
    const newer = writeOf(target, 9, 9 - 4);
    const results = await Promise.all([
      ground.rig.session.pushQuantities([older], neverAborted()),
      ground.rig.session.pushQuantities([newer], neverAborted()),
    ]);
    expect(results).toEqual([[{ ok: true }], [{ ok: true }]]);
    await ground.scenario.settled?.(ground.platform);
    expect(await shownOf(ground.rig, [target])).toEqual([9]);
  });

  test("a write that was done and timed out is not done twice in effect", async () => {
    const targets = listingsAt(ground, 2, 2);
    const rig = ground.freshRig();
    const writes = await writesTo(rig, targets, (index) => 31 + index);
    rig.loseAnswersOfWrites(true);
    const lost = await pushed(ground, writes, rig);
    rig.loseAnswersOfWrites(false);
    expect(lost.map(kindOf)).toContain("timeout");
    // The caller repeats what it does not know the end of, under the same keys.
    expect(await pushed(ground, writes, rig)).toEqual([{ ok: true }, { ok: true }]);
    expect(await shownOf(rig, targets)).toEqual([31, 32]);
  });

  test("clocks five minutes apart change nothing", async () => {
    const { sandbox, definition } = ground.platform;
    const targets = listingsAt(ground, 0, 1);
    for (const clockSkewMs of [300_000, -300_000]) {
      sandbox.control.setFaults({ channel: definition.id, clockSkewMs });
      const quantity = clockSkewMs > 0 ? 41 : 42;
      const writes = await writesTo(ground.rig, targets, () => quantity);
      expect(await pushed(ground, writes)).toEqual([{ ok: true }]);
      expect(await shownOf(ground.rig, targets)).toEqual([quantity]);
    }
    sandbox.control.setFaults({ channel: definition.id, clockSkewMs: 0 });
  });
}
