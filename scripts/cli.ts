import { closeDb } from "#app/db/client.server.ts";
import { closeQueues } from "#app/queue/connection.server.ts";

/** Says on stderr why a command did nothing. @returns its exit code, 1 */
export function fail(text: string): number {
  process.stderr.write(`${text.trimEnd()}\n`);
  return 1;
}

/** Runs a command to its exit code: an error becomes its message, and what was opened is closed. */
export function runCommandLine(run: () => Promise<number>): void {
  void run()
    .catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)))
    .then((code) => {
      process.exitCode = code;
    })
    .finally(async () => {
      await closeQueues();
      await closeDb();
    });
}
