// `npm run bench`: how fast the two narrow places are, beside the usual ways of doing it on the same machine.
// `npm run bench -- --import`: how long and with how much memory 100,000 listings come in; `--only shopify` for one.
import { parseArgs } from "node:util";
import { startBenchPostgres } from "./bench-postgres.ts";
import { measureImports, printImports, startBenchSandbox } from "./import.ts";
import { printBench } from "./print-bench.ts";
import { runBench } from "./run-bench.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    import: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
  },
});
const startedAt = performance.now();
const note = (text: string) =>
  process.stderr.write(
    `  ${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(3)} s  ${text}\n`,
  );

async function narrowPlaces(databaseUrl: string): Promise<void> {
  const result = await runBench(databaseUrl, note);
  process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : printBench(result));
  if (!result.ledgerHolds || !result.door.everyAnswerStored) process.exitCode = 1;
}

async function imports(): Promise<void> {
  const sandbox = await startBenchSandbox();
  try {
    const rows = await measureImports(note, values.only);
    process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : printImports(rows));
  } finally {
    sandbox.stop();
  }
}

note("PostgreSQL");
const postgres = await startBenchPostgres();
try {
  await (values.import ? imports() : narrowPlaces(postgres.databaseUrl));
} finally {
  await postgres.close();
}
