import { describe, expect, it } from "vitest";
import { expandBundles } from "./expand-bundles.ts";
import type { OrderLineSnapshot, OrderSnapshot } from "./order-snapshot.ts";
import type { OrderState } from "./order-state.ts";

const [tee, cap, set] = [
  "00000000-0000-7000-8000-00000000000a",
  "00000000-0000-7000-8000-00000000000b",
  "00000000-0000-7000-8000-00000000000c",
] as const;
const components = [
  { skuId: tee, quantity: 2 },
  { skuId: cap, quantity: 1 },
];

const line = (lineId: string, quantity: number, shipped = 0): OrderLineSnapshot => ({
  ...{ lineId, orderKey: "listing", sku: null, quantity, shipped, externalLocationId: null },
});
const order = (...lines: OrderLineSnapshot[]): OrderSnapshot => ({
  ...{ orderId: "1", revision: 1, placedAt: "2026-01-01T00:00:00Z", cancelled: false, test: false },
  lines,
});
const state = (lineIds: readonly string[], skuId: string): OrderState => ({
  ...{ orderId: "1", revision: 1, cancelled: false, test: false, placedAt: new Date(0) },
  lines: lineIds.map((lineId) => ({
    ...{ lineId, skuId, quantity: 1, oversold: 0, shipped: 0, allocations: {}, revision: 1 },
    problem: null,
  })),
});
const isBundle = () => ({ skuId: set, components });
const isPlain = () => null;

describe("expandBundles", () => {
  it("a bundle line becomes a line of each component, with its units", () => {
    const {
      order: expanded,
      skuOfLine,
      bundles,
    } = expandBundles(order(line("a", 3, 1)), null, isBundle);
    expect(expanded.lines).toMatchObject([
      { lineId: `a+${tee}x2`, quantity: 6, shipped: 2, sku: null, orderKey: null },
      { lineId: `a+${cap}x1`, quantity: 3, shipped: 1 },
    ]);
    expect([...skuOfLine.values()]).toEqual([tee, cap]);
    expect(bundles).toEqual(new Set([set]));
  });

  it("a plain line stays as it is", () => {
    const given = order(line("a", 3));
    expect(expandBundles(given, null, isPlain).order).toEqual(given);
  });

  it("an order that took a plain SKU keeps doing so when its listing becomes a bundle", () => {
    const given = order(line("a", 1));
    expect(expandBundles(given, state(["a"], tee), isBundle).order).toEqual(given);
  });

  it("an order that took a bundle's components keeps doing so when its listing becomes plain", () => {
    const known = state([`a+${tee}x2`, `a+${cap}x1`], tee);
    const { order: expanded } = expandBundles(order(line("a", 2)), known, isPlain);
    expect(expanded.lines).toMatchObject([
      { lineId: `a+${tee}x2`, quantity: 4 },
      { lineId: `a+${cap}x1`, quantity: 2 },
    ]);
  });

  it("a line that had no SKU before may become a bundle", () => {
    const known = state(["a"], tee);
    const unread = { ...known, lines: known.lines.map((one) => ({ ...one, skuId: null })) };
    expect(expandBundles(order(line("a", 1)), unread, isBundle).order.lines).toHaveLength(2);
  });

  it("a cancelled unit lowers every component", () => {
    const { order: expanded } = expandBundles(order(line("a", 0)), null, isBundle);
    expect(expanded.lines.map(({ quantity }) => quantity)).toEqual([0, 0]);
  });
});
