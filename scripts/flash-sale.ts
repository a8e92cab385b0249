// `npm run flash-sale`: a burst of orders over all channels, and the proof that nothing was sold twice.
import { parseOptions, usage, UsageError } from "./flash-sale/options.ts";
import { printResult } from "./flash-sale/print.ts";
import { runSale } from "./flash-sale/run-sale.ts";
import { openTarget, type Target } from "./flash-sale/target.ts";
import { StartError } from "./run-command.ts";

const exitCodes = { held: 0, broken: 1, couldNotRun: 2, interrupted: 130 };

async function main(signal: AbortSignal): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(usage);
    return exitCodes.held;
  }
  // With --json stdout carries the result alone.
  const out = options.json ? process.stderr : process.stdout;
  out.write("\n  Flash sale\n\n");
  const target = await openTarget(options, out, signal);
  try {
    out.write(`${introduction(target)}\n\n`);
    const result = await runSale(options, target, out, signal);
    process.stdout.write(
      options.json ? `${JSON.stringify(result, null, 2)}\n` : printResult(result),
    );
    return result.violations.length === 0 ? exitCodes.held : exitCodes.broken;
  } finally {
    await target.close();
  }
}

function introduction({ own, adminUrl }: Target): string {
  return own
    ? `  In a fresh Lockstep of its own, cleared afterwards. Watch: ${adminUrl}`
    : "  In the running Lockstep, with the stock that is there now; the orders stay in its history.";
}

const interrupt = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => interrupt.abort());

try {
  process.exitCode = await main(interrupt.signal);
} catch (error) {
  if (interrupt.signal.aborted) {
    process.stderr.write("\n  Stopped.\n");
    process.exitCode = exitCodes.interrupted;
  } else if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exitCode = exitCodes.couldNotRun;
  } else {
    const advice = error instanceof StartError ? `\n\n  ${error.advice}` : "";
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`\n  ${message.replaceAll("\n", "\n  ")}${advice}\n`);
    process.exitCode = exitCodes.couldNotRun;
  }
}
