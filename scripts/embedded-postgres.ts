import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { type PostgresPlace, postgresPlace, removePostgresData } from "./postgres-place.ts";
import { lastLines, StartError, type Variables } from "./run-command.ts";

/** Crash recovery of a large log can take a while; an idle start takes well under a second. */
const readyWithinMs = 60_000;
const stopWithinMs = 15_000;
const pollEveryMs = 30;
const restartsMax = 10;
const restartDelayMs = 500;
const user = "postgres";

export interface EmbeddedPostgresOptions {
  /** Folder of programs' data; made when missing. May become a link, see `postgres-place.ts`. */
  readonly directory: string;
  readonly port: number;
  readonly password: string;
  readonly logFile: string;
  /** False for throw-away databases: nothing is forced to disk. Default true. */
  readonly durable?: boolean;
}

/** A real PostgreSQL from npm's binary packages, listening on loopback only. */
export class EmbeddedPostgres {
  readonly #options: EmbeddedPostgresOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #wanted = false;

  constructor(options: EmbeddedPostgresOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the server again when it dies unasked, up to ten times. Ends with `stop`. */
  async keepAlive(onNote: (text: string) => void): Promise<void> {
    for (let restarts = 1; restarts <= restartsMax; restarts += 1) {
      await this.#exited;
      if (!this.#wanted) return;
      onNote("PostgreSQL died; starting it again");
      await pause(restartDelayMs);
      if (this.#wanted) await this.start().catch((error: Error) => onNote(error.message));
    }
  }

  url(database: string): string {
    const { port, password } = this.#options;
    return `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
  }

  /** Creates the cluster when there is none, starts it, waits until it answers. @throws StartError */
  async start(): Promise<void> {
    this.#wanted = true;
    const place = await postgresPlace(this.#options.directory);
    const data = path.join(place.directory, "data");
    if (existsSync(data)) await this.#stopForgotten(data);
    else await this.#create(place, data);
    const log = openSync(this.#options.logFile, "a");
    const child = spawn(place.postgres, ["-D", data, ...this.#settings()], {
      ...place.account,
      cwd: place.directory,
      env: serverEnvironment(),
      stdio: ["ignore", log, log],
      // A group of its own: Ctrl-C in the terminal must not stop it before those who still use it.
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("error", () => resolve());
      child.once("exit", () => resolve());
    });
    const leave = (): void => this.#leave(child);
    process.once("exit", leave);
    void this.#exited.then(() => process.off("exit", leave));
    await this.#untilReady(child);
  }

  /** Stops the server: open transactions are rolled back, nothing is lost. Bounded; kills in the end. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
      child.kill(signal);
      const gone = await Promise.race([
        this.#exited.then(() => true),
        pause(stopWithinMs, false, { ref: false }),
      ]);
      if (gone) return;
    }
  }

  /** Stops the server and removes its data. */
  async destroy(): Promise<void> {
    await this.stop();
    removePostgresData(this.#options.directory);
  }

  /** Creates a database unless it exists. */
  async ensureDatabase(name: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.url("postgres") });
    await client.connect();
    try {
      const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
      if (found.rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
    } finally {
      await client.end();
    }
  }

  /** This process ends without having stopped the server: a test run interrupted in its setup. */
  #leave(child: ChildProcess): void {
    const { durable = true, directory } = this.#options;
    child.kill(durable ? "SIGINT" : "SIGKILL");
    if (!durable) removePostgresData(directory);
  }

  #settings(): string[] {
    const { port, durable = true } = this.#options;
    const settings = [
      `port=${port}`,
      "listen_addresses=127.0.0.1",
      "unix_socket_directories=",
      "max_connections=200",
      `synchronous_commit=${durable ? "on" : "off"}`,
      `fsync=${durable ? "on" : "off"}`,
      `full_page_writes=${durable ? "on" : "off"}`,
    ];
    return settings.flatMap((setting) => ["-c", setting]);
  }

  /** Into a folder beside its final name: an interrupted creation never looks like a cluster. */
  async #create(place: PostgresPlace, data: string): Promise<void> {
    const fresh = `${data}.new`;
    const passwordFile = path.join(place.directory, "password");
    rmSync(fresh, { recursive: true, force: true });
    writeFileSync(passwordFile, `${this.#options.password}\n`, { mode: 0o600 });
    if (place.account) chownSync(passwordFile, place.account.uid, place.account.gid);
    const flags = [`--pgdata=${fresh}`, `--username=${user}`, `--pwfile=${passwordFile}`];
    // One locale on every machine, whatever the system has installed.
    const locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
    const auth = ["--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"];
    const child = spawn(place.initdb, [...flags, ...locale, ...auth], {
      ...place.account,
      cwd: place.directory,
      env: serverEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    const code = await new Promise<number | null>((resolve) => {
      child.once("error", (error) => {
        output += error.message;
        resolve(null);
      });
      child.once("close", resolve);
    });
    rmSync(passwordFile, { force: true });
    if (code !== 0) {
      throw new StartError(
        `PostgreSQL could not create its data folder:\n${lastLines(output)}`,
        "Check the free disk space, or set DATABASE_URL to a PostgreSQL of your own.",
      );
    }
    renameSync(fresh, data);
  }

  /** A supervisor that was killed outright leaves its server running: stop it, when it is really ours. */
  async #stopForgotten(data: string): Promise<void> {
    const pidFile = path.join(data, "postmaster.pid");
    if (!existsSync(pidFile)) return;
    const [pid, , , port] = readFileSync(pidFile, "utf8").split("\n").map(Number);
    if (!pid || !port || !(await this.#servesHere(port, data))) return;
    process.kill(pid, "SIGINT");
    const deadlineMs = Date.now() + stopWithinMs;
    while (existsSync(pidFile) && Date.now() < deadlineMs) await pause(pollEveryMs);
  }

  async #servesHere(port: number, data: string): Promise<boolean> {
    const url = new URL(this.url("postgres"));
    url.port = String(port);
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 2_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      const answer = await client.query<{ data_directory: string }>("SHOW data_directory");
      return answer.rows[0]?.data_directory === data;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const deadlineMs = Date.now() + readyWithinMs;
    while (Date.now() < deadlineMs) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) break;
      if (await this.#answers()) return;
      await pause(pollEveryMs);
    }
    await this.stop();
    const log = existsSync(this.#options.logFile)
      ? readFileSync(this.#options.logFile, "utf8")
      : "";
    throw new StartError(
      `PostgreSQL did not start. Its last words:\n${lastLines(log)}`,
      "If its data is damaged and not needed, clear it: npm run reset.",
    );
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url("postgres") });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Messages in English whatever the machine speaks, and no PG* variable of the caller's. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" } as Variables as NodeJS.ProcessEnv;
}
