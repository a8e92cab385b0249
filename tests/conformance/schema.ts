import { expect, test } from "vitest";
import { exchangeCharsMax, type ChannelScenario, type Exchange } from "./rig.ts";

/** The last test of a block: everything that was sent and answered in it, against the platform's own documents. */
export function describeSchema(
  scenario: ChannelScenario,
  exchanges: () => readonly Exchange[],
): void {
  const check = scenario.spec;
  test.skipIf(check === null)("every call is as the platform's own schema says", () => {
    if (check === null) return;
    const whole = exchanges().filter(
      ({ body, responseBody }) =>
        (body?.length ?? 0) < exchangeCharsMax && responseBody.length < exchangeCharsMax,
    );
    expect(whole.length).toBeGreaterThan(0);
    const problems = new Set(
      whole.flatMap((exchange) => {
        const { pathname } = new URL(exchange.url);
        return check(exchange).map((what) => `${exchange.method} ${pathname}: ${what}`);
      }),
    );
    expect([...problems]).toEqual([]);
  });
}
