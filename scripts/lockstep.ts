import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt } from "./build.ts";
import { EmbeddedPostgres } from "./embedded-postgres.ts";
import { ensurePrismaClient, migrate } from "./migrations.ts";
import { claimRun, findRun, type Offline, releaseRun, writeOffline } from "./offline-file.ts";
import { type OnProgress, step } from "./progress.ts";
import { lastLines, root, runNode, StartError, type Variables } from "./run-command.ts";
import { appUrlOf, loadSettings, processEnvironment, type Settings } from "./settings.ts";
import { SupervisedProcess } from "./supervised-process.ts";
import { untilHealthy, webAnswers } from "./web-health.ts";

const readyWithinMs = 60_000;
const demoShop = "demo.myshopify.com";

export type ProcessName = "web" | "worker" | "sandbox";

export interface StartOptions {
  /** Everything of this run lives here: database, logs, sandbox state, `offline.json`. */
  readonly dataDir: string;
  /** Wins over the generated environment of all processes. */
  readonly env?: Variables;
  /** Given: no embedded PostgreSQL is started. */
  readonly databaseUrl?: string | undefined;
  /** Given: the queue and the rate limits live there. */
  readonly redisUrl?: string | undefined;
  readonly sandbox?: { skus?: number; stock?: number; latencyMs?: number };
  /** Default true. */
  readonly seed?: boolean;
  /** Whether a process that dies is started again by itself. Default true. */
  readonly heal?: boolean;
  /** False: the embedded database forces nothing to disk (tests). Default true. */
  readonly durable?: boolean;
  readonly onProgress?: OnProgress;
  /** Aborting ends a start that is under way. */
  readonly signal?: AbortSignal;
}

export interface RunningLockstep {
  readonly appUrl: string;
  readonly sandboxUrl: string;
  readonly adminUrl: string;
  readonly databaseUrl: string;
  readonly apiToken: string;
  readonly offline: Offline;
  /** Null with a database of your own. */
  readonly postgres: EmbeddedPostgres | null;
  /** The process numbers now; undefined for one that is down. */
  readonly pids: Readonly<Record<ProcessName, number | undefined>>;
  kill(name: ProcessName, signal: NodeJS.Signals): void;
  /** Stops it when it runs, starts it, waits until it answers. @throws StartError */
  restart(name: ProcessName): Promise<void>;
  /** Stops everything in order; data stays. */
  stop(): Promise<void>;
  /** Stops everything and removes the data folder: the end of a throw-away run. */
  destroy(): Promise<void>;
}

type Processes = Record<ProcessName, SupervisedProcess>;

/**
 * Starts the whole of Lockstep on this machine: PostgreSQL, migrations, pages, sandbox, web, worker, seed.
 * Used by `npm start`, by the end-to-end and crash tests and by `npm run flash-sale`.
 * @throws StartError in words; what was started is stopped again.
 */
export async function startLockstep(options: StartOptions): Promise<RunningLockstep> {
  const dataDir = path.resolve(options.dataDir);
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  };
  // Aborted by a process that refuses to start: whatever the start is waiting for then ends.
  const refused = new AbortController();
  const signal = AbortSignal.any([refused.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    return await startParts({ ...options, dataDir, signal }, { closers, stop, refused });
  } catch (error) {
    await stop();
    throw refused.signal.aborted ? refused.signal.reason : error;
  }
}

interface Under {
  readonly closers: (() => Promise<void> | void)[];
  readonly stop: () => Promise<void>;
  readonly refused: AbortController;
}

async function startParts(
  options: StartOptions,
  { closers, stop, refused }: Under,
): Promise<RunningLockstep> {
  const { dataDir, redisUrl, signal } = options;
  const onProgress = options.onProgress ?? (() => undefined);
  mkdirSync(path.join(dataDir, "logs"), { recursive: true });
  const run = await findRun(dataDir);
  if (run) throw new StartError(`Already running at ${run.appUrl}.`, "Stop that one first.");
  const settings = await loadSettings(dataDir);
  claimRun(dataDir, appUrlOf(settings));
  closers.push(() => releaseRun(dataDir));

  const ownPostgres = options.databaseUrl ? null : embeddedPostgres(options, settings);
  const databaseUrl = ownPostgres?.url("lockstep") ?? options.databaseUrl ?? "";
  const env = processEnvironment({
    dataDir,
    settings,
    databaseUrl,
    ownDatabase: ownPostgres === null,
    redisUrl,
    sandbox: options.sandbox,
    env: options.env ?? {},
  });
  await step(onProgress, "Looking at the variables", () => checkEnvironment(env, signal));
  await prepare(options, { databaseUrl, postgres: ownPostgres }, onProgress, closers);
  let started = false;
  const processes = makeProcesses(options, env, (error) => {
    if (!started) refused.abort(error);
    return !started;
  });
  // Stopped in this order: web and worker finish what they hold, then the platforms they talk to go.
  closers.push(() => processes.sandbox.stop());
  closers.push(async () => {
    await Promise.all([processes.web.stop(), processes.worker.stop()]);
  });
  await step(onProgress, "Starting sandbox, web and worker", async () => {
    const all = Object.values(processes);
    for (const one of all) one.start();
    await Promise.all(all.map((one) => one.untilReady()));
  });
  signal?.throwIfAborted();
  const seeded =
    options.seed === false
      ? undefined
      : await step(onProgress, "Filling the demo shop", () => seed(env, signal));
  await step(onProgress, "Waiting for every part", () =>
    untilHealthy(appUrlOf(settings), readyWithinMs, signal),
  );
  signal?.throwIfAborted();
  started = true;
  const offline = describe(env, seeded ?? settings.apiToken, databaseUrl);
  writeOffline(dataDir, offline);
  return handle(offline, { dataDir, processes, postgres: ownPostgres, stop });
}

/** Before anything is started. @throws StartError with one line per wrong variable */
async function checkEnvironment(env: Variables, signal?: AbortSignal): Promise<void> {
  const script = fileURLToPath(new URL("./check-environment.ts", import.meta.url));
  const { code, output } = await runNode([script], { env, signal });
  if (code !== 0) throw new StartError(output.trimEnd(), "Correct this and start again.");
}

/** A migrated database and built pages. */
async function prepare(
  options: StartOptions,
  { databaseUrl, postgres }: { databaseUrl: string; postgres: EmbeddedPostgres | null },
  onProgress: OnProgress,
  closers: (() => Promise<void> | void)[],
): Promise<void> {
  const { redisUrl, signal } = options;
  if (postgres) {
    closers.push(() => postgres.stop());
    await step(onProgress, "Starting PostgreSQL", () => openDatabase(postgres));
  }
  if (postgres && options.heal !== false) {
    void postgres.keepAlive((step) => onProgress({ step, state: "note", elapsedMs: 0 }));
  }
  signal?.throwIfAborted();
  await step(onProgress, "Preparing the database", async () => {
    await ensurePrismaClient(signal);
    await migrate(databaseUrl, { redis: redisUrl !== undefined, signal });
  });
  await step(onProgress, "Building the pages", () => ensureBuilt(signal));
  signal?.throwIfAborted();
}

function embeddedPostgres(
  { dataDir, durable }: StartOptions,
  settings: Settings,
): EmbeddedPostgres {
  return new EmbeddedPostgres({
    directory: path.join(dataDir, "postgres"),
    port: settings.ports.postgres,
    password: settings.postgresPassword,
    logFile: path.join(dataDir, "logs", "postgres.log"),
    durable: durable ?? true,
  });
}

async function openDatabase(postgres: EmbeddedPostgres): Promise<void> {
  await postgres.start();
  await postgres.ensureDatabase("lockstep");
}

function makeProcesses(
  options: StartOptions,
  env: Variables,
  onRefusal: (error: StartError) => boolean,
): Processes {
  const make = (
    name: ProcessName,
    script: string,
    isReady?: (signal: AbortSignal) => Promise<boolean>,
  ): SupervisedProcess =>
    new SupervisedProcess({
      name,
      script,
      env,
      logFile: path.join(options.dataDir, "logs", `${name}.log`),
      ...(isReady ? { isReady } : {}),
      readyWithinMs,
      heal: options.heal ?? true,
      onRefusal,
      onNote: (text) => options.onProgress?.({ step: text, state: "note", elapsedMs: 0 }),
    });
  const sandboxHealth = `${env["SANDBOX_URL"]}/control/health`;
  return {
    sandbox: make("sandbox", "sandbox/index.ts", async (signal) => {
      return (await fetch(sandboxHealth, { signal })).ok;
    }),
    web: make("web", "app/server.ts", (signal) => webAnswers(env["SHOPIFY_APP_URL"] ?? "", signal)),
    // The worker has no door of its own; /healthz of the web process tells whether its heart beats.
    worker: make("worker", "workers/index.ts"),
  };
}

/** Fills the demo shop; safe to repeat. Resolves to the API token of the last line it prints. */
async function seed(env: Variables, signal?: AbortSignal): Promise<string | undefined> {
  const script = path.join(root, "scripts", "seed.ts");
  if (!existsSync(script)) return undefined;
  const result = await runNode([script], { env, signal });
  if (result.code !== 0) {
    throw new StartError(
      `The demo shop could not be filled:\n${lastLines(result.output)}`,
      "Clear the data and start afresh: npm run reset.",
    );
  }
  const found = /"apiToken"\s*:\s*"([^"]+)"/.exec(lastLines(result.output, 3));
  return found?.[1];
}

function describe(env: Variables, apiToken: string, databaseUrl: string): Offline {
  const sandboxUrl = env["SANDBOX_URL"] ?? "";
  return {
    appUrl: env["SHOPIFY_APP_URL"] ?? "",
    adminUrl: `${sandboxUrl}/admin/store/demo/apps/lockstep`,
    sandboxUrl,
    shop: demoShop,
    apiToken,
    shopifyApiKey: env["SHOPIFY_API_KEY"] ?? "",
    shopifyApiSecret: env["SHOPIFY_API_SECRET"] ?? "",
    databaseUrl,
  };
}

function handle(
  offline: Offline,
  parts: {
    dataDir: string;
    processes: Processes;
    postgres: EmbeddedPostgres | null;
    stop: () => Promise<void>;
  },
): RunningLockstep {
  const { dataDir, processes, postgres, stop } = parts;
  return {
    appUrl: offline.appUrl,
    sandboxUrl: offline.sandboxUrl,
    adminUrl: offline.adminUrl,
    databaseUrl: offline.databaseUrl,
    apiToken: offline.apiToken,
    offline,
    postgres,
    get pids() {
      const { web, worker, sandbox } = processes;
      return { web: web.pid, worker: worker.pid, sandbox: sandbox.pid };
    },
    kill: (name, signal) => processes[name].kill(signal),
    restart: (name) => processes[name].restart(),
    stop,
    destroy: async () => {
      await stop();
      await postgres?.destroy();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
