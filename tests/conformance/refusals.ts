import { describe, expect, test } from "vitest";
import type { FaultKind } from "#app/domain/propagation/faults.ts";
import {
  faultOf,
  kindOf,
  listingsAt,
  neverAborted,
  pushed,
  shownOf,
  writesTo,
  type Ground,
} from "./ground.ts";
import type { CannedAnswer, Injection } from "./rig.ts";

const plainUnauthorised: CannedAnswer = { status: 401, body: "{}" };
const plainThrottled: CannedAnswer = { status: 429, body: "{}", headers: { "retry-after": "7" } };
const plainUnavailable: CannedAnswer = { status: 503, body: "<html>down</html>" };
/** More refused calls in a row than any single push makes. */
const injectedCallsMax = 300;

/** What becomes of a write that the platform does not take. */
export function describeRefusals(ground: Ground): void {
  const { scenario } = ground;
  if (scenario.signsInWith === "tokens") describe("tokens", () => describeTokens(ground));
  describe("refused", () => {
    const { answers } = scenario;
    const throttled = answers?.throttled ?? plainThrottled;
    const withoutWait = { ...throttled, headers: {} };
    const refusals: [string, Injection, FaultKind][] = [
      ["a throttled call", throttled, "rate-limited"],
      ["a throttled call that names no wait", withoutWait, "rate-limited"],
      ["an outage", answers?.unavailable ?? plainUnavailable, "unavailable"],
      ["a maintenance page", { status: 503, body: "<html>Back soon</html>" }, "unavailable"],
      ["a closed door", "refused", "unavailable"],
      ["silence", "timeout", "timeout"],
      ["a page instead of JSON", { status: 200, body: "<html>hello</html>" }, "unexpected"],
      ["an empty answer", { status: 200, body: "" }, "unexpected"],
      ["an answer of another shape", { status: 200, body: '{"hello":[1]}' }, "unexpected"],
      ["a list where an object belongs", { status: 200, body: "[1,2]" }, "unexpected"],
      ...(answers?.refusedWith200 ?? []).map((answer): [string, Injection, FaultKind] => [
        `a 200 that says no: ${answer.name}`,
        answer,
        answer.kind,
      ]),
    ];
    test.each(refusals)("%s becomes the right kind for every listing", async (_, what, kind) => {
      const targets = listingsAt(ground, 0, 2);
      const writes = await writesTo(ground.rig, targets, (index) => 71 + index);
      const broken = ground.freshRig();
      await shownOf(broken, targets.slice(0, 1));
      broken.inject(what, injectedCallsMax);
      const results = await pushed(ground, writes, broken);
      // A page that is no JSON may be a site's maintenance page (WooCommerce): an outage then.
      const isPage = typeof what === "object" && what.body.startsWith("<html>");
      const kinds = isPage && kind === "unexpected" ? [kind, "unavailable"] : [kind];
      for (const result of results) expect(kinds).toContain(kindOf(result));
      const wait = faultOf(results[0])?.retryAfterMs;
      if (what === throttled && throttled.headers) expect(wait).toBeGreaterThan(0);
      if (wait !== undefined) expect(wait).toBeLessThanOrEqual(24 * 3_600_000);
      ground.rig.spoken.push(...broken.spoken);
    });

    test("a read that fails says why for every listing, and is never a silent zero", async () => {
      const targets = listingsAt(ground, 0, 2);
      for (const [, what] of refusals.filter(([name]) => !name.includes("says no"))) {
        const broken = ground.freshRig();
        await shownOf(broken, targets.slice(0, 1));
        broken.inject(what, injectedCallsMax);
        const reads = await broken.session.readListings(targets, neverAborted());
        expect(reads.map(({ ok }) => ok)).toEqual([false, false]);
        ground.rig.spoken.push(...broken.spoken, JSON.stringify(reads));
      }
    });

    test("consent that was withdrawn is revoked, in words that say what to do", async () => {
      const { platform } = ground;
      const { control } = platform.sandbox;
      const channel = platform.definition.id;
      control.setFaults({ channel, consentRevoked: true });
      control.expireTokens({ channel });
      const rig = ground.freshRig();
      const [read] = await rig.session.readListings(listingsAt(ground, 0, 1), neverAborted());
      control.setFaults({ channel, consentRevoked: false });
      expect(kindOf(read)).toBe("revoked");
      expect(faultOf(read?.ok === false ? read : undefined)?.message).toMatch(/again|reconnect/i);
      await shownOf(ground.rig, listingsAt(ground, 0, 1));
    });
  });
}

function describeTokens(ground: Ground): void {
  const { answers } = ground.scenario;
  test("a token that is refused is renewed once, and the push succeeds", async () => {
    const { rig } = ground;
    const refreshes = rig.refreshes();
    const writes = await writesTo(rig, listingsAt(ground, 0, 1), () => 31);
    rig.inject(answers?.unauthorised ?? plainUnauthorised);
    expect(await pushed(ground, writes)).toEqual([{ ok: true }]);
    expect(rig.refreshes()).toBe(refreshes + 1);
  });

  test("tokens that expire in the middle of a batch cost nothing", async () => {
    const { rig, platform } = ground;
    const targets = listingsAt(ground, 0, 3);
    const writes = await writesTo(rig, targets, (index) => 51 + index);
    rig.inject("pass");
    const pushing = pushed(ground, writes);
    platform.sandbox.control.expireTokens({ channel: platform.definition.id });
    expect(await pushing).toEqual(writes.map(() => ({ ok: true })));
    expect(await shownOf(rig, targets)).toEqual([51, 52, 53]);
  });
}
