import { describe, expect, it } from "vitest";
import { planDemand } from "./demand.ts";
import { measureLags } from "./lag.ts";
import { parseOptions, UsageError } from "./options.ts";
import { measureOversell } from "./oversell.ts";
import { percentiles } from "./percentiles.ts";
import { replayPolling } from "./polling.ts";
import type { EntryRecord, PushRecord, Trace } from "./trace.ts";
import { ackTimes, parseAckHistogram } from "./webhook-ack.ts";

const buyer = (atMs: number, channel: "amazon" | "ebay", units = 1) => ({
  ...{ atMs, channel, sku: "A", units },
});

describe("replayPolling", () => {
  it("timeline A: ten units on two channels, eight and five sold, three of them twice", () => {
    const outcome = replayPolling(
      [buyer(0, "amazon", 8), buyer(1_000, "ebay", 5)],
      new Map([["A", 10]]),
    );
    expect(outcome).toEqual({ unitsAccepted: 13, unitsOversold: 3, skusOversold: 1 });
  });

  it("refuses what a channel itself does not show, and hears of the others at each sync", () => {
    const interval = 1_000;
    const demand = [buyer(0, "amazon", 1), buyer(500, "amazon", 1), buyer(1_500, "ebay", 1)];
    const outcome = replayPolling(demand, new Map([["A", 1]]), interval);
    expect(outcome).toEqual({ unitsAccepted: 1, unitsOversold: 0, skusOversold: 0 });
  });
});

const entry = (seq: number, atMs: number, orderId: string): EntryRecord => ({
  ...{ seq, sku: "A", kind: "sale", availableDelta: -1, committedDelta: 1, channel: "amazon" },
  ...{ orderId, receivedAtMs: atMs, recordedAtMs: atMs },
});
const push = (fromSeq: number, toSeq: number, quantity: number, atMs: number): PushRecord => ({
  ...{ listingId: "e", channel: "ebay", fromSeq, toSeq, quantity, outcome: "acknowledged" },
  ...{ faultKind: null, sentAtMs: atMs - 50, answeredAtMs: atMs },
});
const sold = (channel: "amazon" | "ebay", orderId: string, placedAtMs: number) => ({
  ...{ channel, orderId, sku: "A", quantity: 1, placedAtMs },
});
const oversoldOrder = {
  channel: "ebay",
  orderId: "2",
  quantity: 1,
  allocated: 0,
  oversold: 1,
  whole: true,
} as const;

/** One unit: Amazon sells it at 100, eBay confirms zero at 300. */
const lastUnit: Trace = {
  accepted: [sold("amazon", "1", 100)],
  stock: new Map([["A", 1]]),
  orders: [],
  entries: [entry(1, 120, "1")],
  pushes: [push(0, 1, 0, 300)],
  listings: [
    { listingId: "a", channel: "amazon", sku: "A" },
    { listingId: "e", channel: "ebay", sku: "A" },
  ],
};

describe("measureOversell", () => {
  it("counts a sale before the channel's confirmed zero as in flight, with the window", () => {
    const trace = { ...lastUnit, orders: [oversoldOrder] };
    const measured = measureOversell({
      ...trace,
      accepted: [...trace.accepted, sold("ebay", "2", 250)],
    });
    expect(measured).toMatchObject({ unitsByUs: 0, unitsInFlight: 1, windowMs: { max: 180 } });
  });

  it("counts a sale after the channel's confirmed zero as our doing", () => {
    const trace = { ...lastUnit, orders: [oversoldOrder] };
    const measured = measureOversell({
      ...trace,
      accepted: [...trace.accepted, sold("ebay", "2", 301)],
    });
    expect(measured).toMatchObject({ unitsByUs: 1, unitsInFlight: 0 });
  });
});

describe("measureLags", () => {
  it("measures from the order to the first confirmed push that carries it", () => {
    const trace = { ...lastUnit, pushes: [push(0, 1, 0, 300), push(1, 1, 0, 900)] };
    const lag = measureLags(trace).byChannel.get("ebay");
    expect(lag?.fromOrder?.max).toBe(200);
    expect(lag?.fromArrival?.max).toBe(180);
  });

  it("leaves out a listing that was right without a push", () => {
    const trace = { ...lastUnit, pushes: [push(1, 9, 0, 5_000)] };
    expect(measureLags(trace).all.fromOrder).toBeNull();
  });
});

describe("planDemand", () => {
  const skus = Array.from({ length: 50 }, (_, index) => `S${index}`);
  const plan = {
    orders: 4_000,
    ratePerSecond: 100,
    channels: ["ebay", "amazon"] as const,
    skus,
    seed: 7,
  };

  it("makes the same buyers of the same seed, at the rate asked for", () => {
    const demand = planDemand(plan);
    expect(planDemand(plan)).toEqual(demand);
    expect(planDemand({ ...plan, seed: 8 })).not.toEqual(demand);
    expect(demand.at(-1)?.atMs).toBeGreaterThan(36_000);
    expect(demand.at(-1)?.atMs).toBeLessThan(44_000);
  });

  it("wants the first SKU most", () => {
    const counts = Map.groupBy(planDemand(plan), ({ sku }) => sku);
    expect(counts.get("S0")?.length ?? 0).toBeGreaterThan((counts.get("S9")?.length ?? 0) * 5);
  });
});

describe("percentiles", () => {
  it("takes the nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentiles(values)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
    expect(percentiles([])).toBeNull();
  });
});

describe("ackTimes", () => {
  it("interpolates within the histogram's step, over what came between two readings", () => {
    const text = (a: number, b: number) =>
      `webhook_ack_seconds_bucket{le="0.01"} ${a}\nwebhook_ack_seconds_bucket{le="0.02"} ${b}\nwebhook_ack_seconds_bucket{le="+Inf"} ${b}\n`;
    const times = ackTimes(parseAckHistogram(text(10, 10)), parseAckHistogram(text(60, 110)));
    expect(times).toEqual({ deliveries: 100, p50: 10, p99: 19.8 });
  });
});

describe("parseOptions", () => {
  it("reads shares and channels", () => {
    const options = parseOptions([
      "--duplicates",
      "5%",
      "--reorder",
      "0.1",
      "--channels",
      "ebay,amazon",
    ]);
    expect(options).toMatchObject({
      duplicateShare: 0.05,
      reorderShare: 0.1,
      channels: ["ebay", "amazon"],
    });
  });

  it.each([
    ["--orders", "0"],
    ["--channels", "etsy"],
    ["--duplicates", "120%"],
    ["--rate", "x"],
    ["--nonsense"],
  ])("refuses %s %s in words", (...args) => {
    expect(() => parseOptions(args.filter(Boolean))).toThrow(UsageError);
  });
});
