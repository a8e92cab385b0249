import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultKinds, type FaultKind } from "./faults.ts";
import {
  attemptsMax,
  decideRetry,
  isOutage,
  lockedDelayMs,
  namedDelayMsMax,
  type RetryDecision,
} from "./retry-policy.ts";

const message = "said the channel";
const half = 0;
const again = (afterMs: number, counts = true): RetryDecision => {
  return { action: "again", afterMs, counts };
};
const dead: RetryDecision = { action: "dead-letter" };
const paused: RetryDecision = { action: "pause-connection" };
const missing: RetryDecision = { action: "listing-missing" };

/** Without jitter: what happens after 0, 1, 2, 5, 7, 94, 95 and 1,000,000 failed attempts. */
const failed = [0, 1, 2, 5, 7, 94, 95, 1_000_000];
const outage = [500, 1_000, 2_000, 15_000, 15_000, 15_000, 15_000, 15_000].map((ms) => again(ms));
const table: Record<FaultKind, readonly RetryDecision[]> = {
  "rate-limited": failed.map(() => again(1_000, false)),
  unavailable: outage,
  timeout: outage,
  unauthorised: [again(500), again(1_000), paused, paused, paused, paused, paused, paused],
  revoked: failed.map(() => paused),
  "unknown-listing": failed.map(() => missing),
  locked: [...failed.slice(0, 6).map(() => again(lockedDelayMs)), dead, dead],
  rejected: failed.map(() => dead),
  unsupported: failed.map(() => dead),
  unexpected: [again(500), again(1_000), again(2_000), again(15_000), dead, dead, dead, dead],
};

describe("decideRetry", () => {
  it.each(faultKinds.flatMap((kind) => failed.map((attempts, index) => [kind, attempts, index])))(
    "%s after %i failed attempts",
    (kind, attempts, index) => {
      const expected = table[kind as FaultKind][index as number];
      expect(decideRetry({ kind: kind as FaultKind, message }, attempts as number, half)).toEqual(
        expected,
      );
    },
  );

  const faults = fc.record({
    kind: fc.constantFrom(...faultKinds),
    message: fc.constant(message),
    retryAfterMs: fc.integer({ min: -10_000, max: 10 * namedDelayMsMax }),
  });
  const jitters = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it("Bounded: every wait is between 0 and a day, and a wait that the channel named is kept", () => {
    fc.assert(
      fc.property(faults, fc.nat(200), jitters, (fault, attempts, jitter) => {
        const decision = decideRetry(fault, attempts, jitter);
        if (decision.action !== "again") return;
        expect(decision.afterMs).toBe(Math.min(Math.max(fault.retryAfterMs, 0), namedDelayMsMax));
      }),
    );
  });

  it("Bounded: unnamed waits stay within half to full of 1 s doubled up to 30 s", () => {
    fc.assert(
      fc.property(fc.nat(200), jitters, (attempts, jitter) => {
        const decision = decideRetry({ kind: "unavailable", message }, attempts, jitter);
        const full = Math.min(1_000 * 2 ** Math.min(attempts, 20), 30_000);
        expect(decision.action).toBe("again");
        if (decision.action !== "again") return;
        expect(decision.afterMs).toBeGreaterThanOrEqual(full / 2);
        expect(decision.afterMs).toBeLessThanOrEqual(full);
      }),
    );
  });

  it("Bounded: everything that counts attempts ends; outages and rate limits never die", () => {
    for (const kind of faultKinds) {
      const max = attemptsMax[kind];
      const last = decideRetry({ kind, message }, (max ?? 1_000_000) - 1, half);
      const waits = ["rate-limited", "unavailable", "timeout"].includes(kind);
      expect(last.action === "again").toBe(waits);
    }
  });
});

it("an outage is what says that the channel as a whole is down", () => {
  expect(faultKinds.filter(isOutage)).toEqual(["unavailable", "timeout"]);
});
