import type { LedgerCheck } from "./sale-database.ts";
import { acknowledgedByListing, orderKey, type Trace } from "./trace.ts";

/** What became of every unit and every order. */
export interface Account {
  readonly unitsAccepted: number;
  /** Taken from stock that was there. */
  readonly unitsSold: number;
  /** Orders the channels accepted that Lockstep does not know, or knows wrongly. */
  readonly lostEvents: number;
  /** Units taken from stock beyond what the orders asked for, order by order. */
  readonly duplicatesApplied: number;
  /** Units of difference between start stock, orders and stock now, over all SKUs. */
  readonly unitsUnexplained: number;
  /** Acknowledged pushes that were older than one acknowledged before, at the same listing. */
  readonly olderPushes: number;
  /** Corrections after reading a channel back; their net is 0 when nobody changed a number by hand. */
  readonly observed: { readonly entries: number; readonly netUnits: number };
}

/** Movements that follow from orders and read-backs; any other is somebody's own doing and is believed. */
const ofChannels = new Set(["sale", "release", "ship", "observed"]);

export function takeAccount(
  trace: Trace,
  stockNow: readonly { readonly sku: string; readonly units: number }[],
): Account {
  const orders = new Map(
    trace.orders.map((order) => [orderKey(order.channel, order.orderId), order]),
  );
  const takenOf = unitsTakenByOrder(trace);
  const left = new Map(trace.stock);
  const sums = { unitsAccepted: 0, unitsSold: 0, lostEvents: 0, duplicatesApplied: 0 };
  for (const { channel, orderId, sku, quantity } of trace.accepted) {
    const order = orders.get(orderKey(channel, orderId));
    const taken = takenOf.get(orderKey(channel, orderId)) ?? 0;
    sums.unitsAccepted += quantity;
    sums.unitsSold += taken;
    sums.duplicatesApplied += Math.max(0, taken - quantity);
    if (!order?.whole || order.quantity !== quantity) sums.lostEvents += 1;
    left.set(sku, (left.get(sku) ?? 0) - quantity + (order?.oversold ?? 0));
  }
  for (const { sku, kind, availableDelta } of trace.entries) {
    if (!ofChannels.has(kind)) left.set(sku, (left.get(sku) ?? 0) + availableDelta);
  }
  const observed = trace.entries.filter(({ kind }) => kind === "observed");
  return {
    ...sums,
    unitsUnexplained: sum(
      stockNow.map(({ sku, units }) => Math.abs(units - (left.get(sku) ?? units))),
    ),
    olderPushes: countOlderPushes(trace),
    observed: {
      entries: observed.length,
      netUnits: sum(observed.map(({ availableDelta }) => availableDelta)),
    },
  };
}

function unitsTakenByOrder(trace: Trace): Map<string, number> {
  const takenOf = new Map<string, number>();
  for (const { kind, channel, orderId, committedDelta } of trace.entries) {
    if (kind !== "sale" && kind !== "release") continue;
    const key = orderKey(channel ?? "", orderId ?? "");
    takenOf.set(key, (takenOf.get(key) ?? 0) + committedDelta);
  }
  return takenOf;
}

function countOlderPushes(trace: Trace): number {
  let older = 0;
  for (const pushes of acknowledgedByListing(trace.pushes).values()) {
    for (const [index, push] of pushes.entries()) {
      if (push.toSeq < (pushes[index - 1]?.toSeq ?? 0)) older += 1;
    }
  }
  return older;
}

export interface Verdict {
  readonly account: Account;
  readonly ledger: LedgerCheck;
  readonly unitsOversoldByUs: number;
  readonly converged: boolean;
  readonly deadLetters: number;
}

/** Names of the invariants (DESIGN 3) that do not hold, each with what was found. */
export function violationsOf(verdict: Verdict): string[] {
  const { account, ledger } = verdict;
  const found: [string, number | boolean, string][] = [
    ["Conservation", ledger.unexplainedLevels, "levels are not the sum of their entries"],
    ["Conservation", !ledger.gapless, "the ledger's numbers have a gap"],
    ["Conservation", account.unitsUnexplained, "units differ from start stock less orders"],
    ["Never negative", ledger.negativeLevels, "levels are or were below zero"],
    ["Once", account.duplicatesApplied, "units were taken twice"],
    ["Nothing accepted is lost", account.lostEvents, "orders are missing or incomplete"],
    ["Nothing accepted is lost", verdict.deadLetters, "dead letters that nobody caused"],
    [
      "Newest wins",
      verdict.unitsOversoldByUs,
      "units were sold after the channel had confirmed zero",
    ],
    ["Newest wins", account.olderPushes, "older numbers were confirmed after newer ones"],
    ["Convergence", !verdict.converged, "a channel does not show what it should"],
  ];
  return found.flatMap(([name, count, what]) =>
    count === 0 || count === false ? [] : [`${name}: ${count === true ? "" : `${count} `}${what}`],
  );
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
