import type { Percentiles } from "./percentiles.ts";
import type { SaleResult } from "./run-sale.ts";

const labels: Record<string, string> = {
  shopify: "Shopify",
  amazon: "Amazon",
  ebay: "eBay",
  "tiktok-shop": "TikTok Shop",
};

/** The result for a merchant: what happened, what it would have been, how fast, and whether it held. */
export function printResult(result: SaleResult): string {
  return [
    "",
    ...whatHappened(result),
    "",
    ...compared(result),
    "",
    ...howFast(result),
    "",
    ...theProof(result),
    "",
  ].join("\n");
}

function whatHappened(result: SaleResult): string[] {
  const { settings } = result;
  return [
    `  The sale: ${count(result.orders)} orders in ${seconds(settings.soldInMs)} on ${settings.channels.length} channels, ${count(result.unitsInStock)} units of ${count(settings.skus)} SKU${settings.skus === 1 ? "" : "s"}`,
    "",
    row("Buyers wanted", `${count(result.unitsOrdered)} units`),
    row("Orders accepted", count(result.ordersAccepted), "the channel still showed enough"),
    row("Orders refused", count(result.ordersRefused), "the channel already showed sold out"),
    ...(result.ordersFailed > 0
      ? [row("Orders not placed", count(result.ordersFailed), "the channel did not answer")]
      : []),
    row("Units sold", count(result.unitsSold), "each from stock that was there"),
  ];
}

function compared(result: SaleResult): string[] {
  const { polling15min: polling, inFlightWindowMs: window } = result;
  const wide = (text: string, ours: string, theirs: string) =>
    `  ${text.padEnd(42)}${ours.padStart(12)}${theirs.padStart(18)}`;
  const inFlight = count(result.unitsSoldInFlight);
  return [
    wide("The same buyers", "Lockstep", "15-minute sync"),
    wide("Units sold that nobody had", inFlight, count(polling.unitsOversold)),
    wide("  of these, our doing", count(result.unitsOversoldByUs), count(polling.unitsOversold)),
    ...(result.unitsSoldInFlight > 0
      ? [
          `  ${inFlight} ${result.unitsSoldInFlight === 1 ? "unit was" : "units were"} sold in the moment between the last unit's sale on one channel`,
          `  and the others' confirmed zero${window ? ` (half of the time under ${milliseconds(window.p50)}, at most ${milliseconds(window.max)})` : ""}.`,
          "  No sync can close that moment; safety stock covers it. Each is on its order and in an alert.",
        ]
      : []),
  ];
}

function howFast(result: SaleResult): string[] {
  const lines = [
    "  From an order on one channel to the lower number confirmed on another, in ms",
    "",
    columns("", ["half under", "95 % under", "99 % under", "slowest", "pushes"]),
  ];
  for (const [channel, lag] of Object.entries(result.lagMs)) {
    const pace = result.pace[channel];
    lines.push(columns(labels[channel] ?? channel, [...cells(lag), count(pace?.pushes ?? 0)]));
  }
  lines.push(columns("All", [...cells(result.lagMsAll), count(result.pushes)]));
  for (const [channel, { limitedBy }] of Object.entries(result.pace)) {
    if (limitedBy) lines.push(`  ${labels[channel] ?? channel}: ${limitedBy}.`);
  }
  const { webhookAckMs: acks, rssMb } = result;
  lines.push(
    "",
    row("Pushes per order", String(result.pushesPerOrder), "a burst of sales is one push"),
    row(
      "Everything agreed",
      result.converged ? `${seconds(result.convergeMs)} after the last order` : "not in time",
    ),
  );
  if (acks) {
    lines.push(
      row(
        "Webhook answered",
        `${acks.p50} ms`,
        `half of ${count(acks.deliveries)}; 99 % under ${acks.p99} ms`,
      ),
    );
  }
  const { web, worker } = rssMb;
  if (web !== null && worker !== null) {
    lines.push(row("Memory at most", `${web + worker} MB`, `web ${web}, worker ${worker}`));
  }
  return lines;
}

function theProof(result: SaleResult): string[] {
  const check = (good: boolean, text: string) => `  ${good ? "✓" : "✗"} ${text}`;
  return [
    check(
      result.lostEvents === 0,
      `no order lost (${count(result.lostEvents)} missing or incomplete)`,
    ),
    check(
      result.duplicatesApplied === 0,
      `none counted twice (${count(result.duplicatesSent)} events were sent twice)`,
    ),
    check(result.negativeLevels === 0, "no stock level below zero"),
    check(result.conservation, "every number is the sum of its history"),
    check(result.unitsUnexplained === 0, "units sold and units left are the units of the start"),
    check(result.converged, "every channel shows what it should"),
    check(result.unitsOversoldByUs === 0, "nothing sold after a channel had confirmed zero"),
    ...(result.violations.length > 0 ? ["", "  What did not hold:"] : []),
    ...result.violations.map((text) => `    ${text}`),
    ...result.details.map((text) => `      ${text}`),
  ];
}

const cells = (lag: Percentiles | null): string[] =>
  lag ? [lag.p50, lag.p95, lag.p99, lag.max].map(count) : ["–", "–", "–", "–"];
const columns = (label: string, values: readonly string[]): string =>
  `  ${label.padEnd(14)}${values.map((value) => value.padStart(12)).join("")}`;
const row = (label: string, value: string, meaning = ""): string =>
  `  ${label.padEnd(20)}${value.padStart(10)}   ${meaning}`.trimEnd();
const count = (value: number): string => value.toLocaleString("en-US");
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const milliseconds = (ms: number): string => `${count(ms)} ms`;
