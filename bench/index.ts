// `npm run bench`: how fast the two narrow places are, beside the usual ways of doing it on the same machine.
import { parseArgs } from "node:util";
import { startBenchPostgres } from "./bench-postgres.ts";
import { printBench } from "./print-bench.ts";
import { runBench } from "./run-bench.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const startedAt = performance.now();
const note = (text: string) =>
  process.stderr.write(
    `  ${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(3)} s  ${text}\n`,
  );
note("PostgreSQL");
const postgres = await startBenchPostgres();
try {
  const result = await runBench(postgres.databaseUrl, note);
  process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : printBench(result));
  if (!result.ledgerHolds || !result.door.everyAnswerStored) process.exitCode = 1;
} finally {
  await postgres.close();
}
