import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChannelScenario } from "./rig.ts";
import type { Channel, ChannelFact } from "#app/channels/contract.ts";

/** The suite's part about `parseEvent`: every fixture, garbage, and fixtures with one value replaced. */
export function describeEvents(channel: Channel, scenario: ChannelScenario): void {
  const fixtures = readFixtures(scenario.folder);

  test("there are fixtures", () => {
    expect(fixtures.length).toBeGreaterThan(0);
  });
  test.each(fixtures)("fixture $name says what it should", ({ topic, payload, facts }) => {
    const parsed = channel.parseEvent({ topic, payload });
    expectSound(parsed);
    if (facts) expect(parsed).toEqual(facts);
  });
  test("garbage never throws", () => {
    const topic = fc.oneof(fc.constantFrom(...scenario.topics), fc.string());
    const payload = fc.oneof(fc.string(), fc.json());
    fc.assert(
      fc.property(topic, payload, (someTopic, somePayload) => {
        expectSound(channel.parseEvent({ topic: someTopic, payload: somePayload }));
      }),
    );
  });
  test("a fixture with one value replaced never throws", () => {
    fc.assert(
      fc.property(fc.constantFrom(...fixtures), fc.nat(), fc.jsonValue(), (fixture, at, value) => {
        const payload = withReplacedValue(fixture.payload, at, value);
        expectSound(channel.parseEvent({ topic: fixture.topic, payload }));
      }),
    );
  });
}

/** Facts that the rest of the app can take without looking again. */
function expectSound(facts: readonly ChannelFact[]): void {
  expect(facts.length).toBeGreaterThan(0);
  for (const fact of facts) {
    if (fact.kind !== "order") continue;
    expect(fact.order.orderId).not.toBe("");
    expect(Number.isSafeInteger(fact.order.revision)).toBe(true);
    expect(Number.isNaN(Date.parse(fact.order.placedAt))).toBe(false);
    for (const line of fact.order.lines) {
      expect(line.lineId).not.toBe("");
      expect(Number.isSafeInteger(line.quantity)).toBe(true);
      expect(Number.isSafeInteger(line.shipped)).toBe(true);
    }
  }
}

interface Fixture {
  readonly name: string;
  readonly topic: string;
  readonly payload: string;
  readonly facts?: readonly ChannelFact[];
}

/** `fixtures/*.json`: {topic, payload (text, or JSON that is turned into text), facts? (expected)}. */
function readFixtures(folder: string): Fixture[] {
  const names = readdirSync(join(folder, "fixtures")).filter((name) => name.endsWith(".json"));
  return names.map((name) => {
    const fixture = JSON.parse(readFileSync(join(folder, "fixtures", name), "utf8")) as {
      topic: string;
      payload: unknown;
      facts?: ChannelFact[];
    };
    const { payload } = fixture;
    return {
      ...fixture,
      name,
      payload: typeof payload === "string" ? payload : JSON.stringify(payload),
    };
  });
}

/** Replaces the `at`-th value (modulo their number) of a JSON text. */
function withReplacedValue(payload: string, at: number, value: unknown): string {
  let count = 0;
  JSON.parse(payload, (_key, item: unknown) => ((count += 1), item));
  const target = at % count;
  let index = -1;
  return JSON.stringify(
    JSON.parse(payload, (_key, item: unknown) => ((index += 1), index === target ? value : item)),
  );
}
