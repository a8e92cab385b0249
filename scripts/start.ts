// What `npm start` runs on Node 22: everything on this machine, until Ctrl-C.
import path from "node:path";
import { findRun } from "./offline-file.ts";
import { printProgress } from "./progress.ts";
import { StartError } from "./run-command.ts";
import { type RunningLockstep, startLockstep } from "./lockstep.ts";
import { defaultDataDir } from "./settings.ts";
import { configuredVariables } from "./variables.ts";

/** One Ctrl-C arrives several times: from the terminal, from npm, from the launcher. */
const sameSignalWithinMs = 1_500;

const progress = printProgress(process.stdout);
const abort = new AbortController();
let running: RunningLockstep | undefined;
let stoppingSinceMs: number | undefined;

async function stop(): Promise<void> {
  if (stoppingSinceMs !== undefined) {
    if (Date.now() - stoppingSinceMs < sameSignalWithinMs) return;
    console.log("\n  Stopping without waiting.");
    process.exit(1);
  }
  stoppingSinceMs = Date.now();
  progress.clear();
  console.log("\n  Stopping …");
  abort.abort();
  if (!running) return;
  await running.stop();
  console.log("  Stopped. The data is kept; npm start continues with it.");
  process.exit(0);
}

function welcome({ adminUrl, appUrl }: RunningLockstep): string {
  return [
    "",
    "  Lockstep is running. Open",
    "",
    `    ${adminUrl}`,
    "",
    `  Health      ${appUrl}/healthz`,
    `  For tools   ${path.relative(process.cwd(), path.join(defaultDataDir, "offline.json"))}`,
    `  Logs        ${path.relative(process.cwd(), path.join(defaultDataDir, "logs"))}`,
    "",
    "  npm run flash-sale   shows a burst of orders over four channels",
    "  Ctrl-C               stops everything and keeps the data; npm run reset clears it",
    "",
  ].join("\n");
}

async function main(): Promise<void> {
  const other = await findRun(defaultDataDir);
  if (other) {
    console.log(`\n  Lockstep is already running here: ${other.appUrl} (process ${other.pid}).\n`);
    return;
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const) {
    process.on(signal, () => void stop());
  }
  process.channel?.unref();
  console.log("\n  Lockstep\n");
  const env = configuredVariables(process.env);
  running = await startLockstep({
    dataDir: defaultDataDir,
    env,
    databaseUrl: env["DATABASE_URL"],
    redisUrl: env["REDIS_URL"],
    onProgress: progress.on,
    signal: abort.signal,
  });
  if (abort.signal.aborted) await running.stop();
  else console.log(welcome(running));
}

try {
  await main();
} catch (error) {
  progress.clear();
  if (abort.signal.aborted) {
    console.log("  Stopped.");
    process.exit(0);
  }
  if (!(error instanceof StartError)) throw error;
  console.error(`\n  ${error.message.replaceAll("\n", "\n  ")}\n\n  ${error.advice}\n`);
  process.exit(1);
}
