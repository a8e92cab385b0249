import type { BenchResult, LedgerRow } from "./run-bench.ts";
import type { DoorMeasured } from "./door.ts";

/** The result as two tables with what they mean. */
export function printBench(result: BenchResult): string {
  const { machine, door } = result;
  const designs = [...new Set(result.ledger.map(nameOf))];
  const lines = designs.map((name) => {
    const of = (workload: string) =>
      cell(result.ledger.find((row) => row.workload === workload && nameOf(row) === name));
    return `  ${name.padEnd(48)}${of("uniform").padStart(22)}${of("hot").padStart(28)}`;
  });
  return [
    "",
    `  On ${machine.cores} cores, Node ${machine.node}, embedded PostgreSQL, synchronous_commit ${machine.synchronousCommit}, everything on this machine.`,
    `  Read the ratios, not the figures: another machine has others. Load before the run: ${machine.loadBefore}.`,
    "",
    "  Order lines committed per second (99 % of commits under, ms)",
    `  ${"".padEnd(48)}${"10,000 SKUs".padStart(22)}${"one hot SKU".padStart(28)}`,
    ...lines,
    "",
    ...result.ratios.map(
      ({ workload, overPerOrder, overPgbench, overTextbook }) =>
        `  ${workload === "hot" ? "one hot SKU" : "10,000 SKUs"}: the ledger is ${times(overPerOrder)} one transaction per order, ${times(overPgbench)} pgbench, ${times(overTextbook)} the textbook loop`,
    ),
    `  ${result.ledgerHolds ? "✓" : "✗"} afterwards every level is the sum of its entries, none below zero, no number missing`,
    "",
    "  Webhook door, 64 connections, load from the same cores   requests/s     p50 ms     p99 ms",
    doorLine("signed, verified, stored durably, answered", door.webhook),
    doorLine("the same server answering 200 to anything", door.plain),
    `  ${door.everyAnswerStored ? "✓" : "✗"} every 200 is a stored event`,
    "",
    "",
  ].join("\n");
}

function nameOf({ design, batchSize }: LedgerRow): string {
  switch (design) {
    case "ledger":
      return `ledger, ${batchSize} order${batchSize === 1 ? "" : "s"} a commit`;
    case "per-order":
      return "one transaction per order (pg, 16 connections)";
    case "pgbench":
      return "the same in pgbench, 16 clients";
    default:
      return "textbook read-compare-retry (Prisma, 16)";
  }
}

function cell(row: LedgerRow | undefined): string {
  if (!row?.measured) return "not on PATH";
  const { linesPerSecond, p99Ms } = row.measured;
  const p99 = Number.isNaN(p99Ms) ? "–" : String(p99Ms);
  const retries = row.retries ? `, ${row.retries} retries` : "";
  return `${linesPerSecond.toLocaleString("en-US")} (${p99}${retries})`;
}

const times = (ratio: number | null): string => (ratio === null ? "–" : `${ratio} ×`);
const doorLine = (label: string, { requestsPerSecond, p50Ms, p99Ms }: DoorMeasured): string =>
  `  ${label.padEnd(54)}${requestsPerSecond.toLocaleString("en-US").padStart(12)}${String(p50Ms).padStart(11)}${String(p99Ms).padStart(11)}`;
