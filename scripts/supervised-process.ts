import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { lastLines, nodeFlags, root, StartError, type Variables } from "./run-command.ts";

/** Waits before a dead process is started again; the last one repeats until `deathsMax`. */
const restartDelaysMs = [200, 500, 1_000, 2_000, 5_000];
const deathsMax = 10;
/** A process that lived this long was healthy: its earlier deaths are forgotten. */
const healthyAfterMs = 60_000;
/** A process that ends itself with an error this soon would do so again: its environment is wrong. */
const firstMomentsMs = 10_000;
const readyPollMs = 50;
const readyAnswerMs = 2_000;
const stopWithinMs = 20_000;
const logBytesMax = 20 * 1024 * 1024;

export interface ProcessOptions {
  readonly name: string;
  /** The TypeScript file, relative to the clone. */
  readonly script: string;
  readonly env: Variables;
  readonly logFile: string;
  /** Asked until it says yes; undefined counts as ready while alive. */
  readonly isReady?: (signal: AbortSignal) => Promise<boolean>;
  readonly readyWithinMs: number;
  /** Starts it again when it dies unasked. */
  readonly heal: boolean;
  /**
   * Told when the process ended itself with an error in its first moments. True: that ends the start,
   * and nothing is tried again.
   */
  readonly onRefusal?: (error: StartError) => boolean;
  readonly onNote: (text: string) => void;
}

/** One process of ours: started, watched, started again when it dies, stopped within a bound. */
export class SupervisedProcess {
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #startedAtMs = 0;
  /** Where this run's words begin in the log, bytes. */
  #logFrom = 0;
  #refusal: StartError | undefined;
  #deaths = 0;
  #wanted = false;
  #restartTimer: NodeJS.Timeout | undefined;

  constructor(options: ProcessOptions) {
    this.#options = options;
  }

  /** Undefined while it is not running. */
  get pid(): number | undefined {
    return this.#isRunning() ? this.#child?.pid : undefined;
  }

  /** Starts it; does not wait until it is ready. */
  start(): void {
    clearTimeout(this.#restartTimer);
    if (this.#isRunning()) return;
    this.#wanted = true;
    const { script, env, logFile } = this.#options;
    if (existsSync(logFile) && statSync(logFile).size > logBytesMax) {
      renameSync(logFile, `${logFile}.old`);
    }
    this.#refusal = undefined;
    this.#logFrom = existsSync(logFile) ? statSync(logFile).size : 0;
    const log = openSync(logFile, "a");
    const guard = path.join(root, "scripts", "leave-with-parent.mjs");
    const child = spawn(process.execPath, [...nodeFlags, "--import", guard, script], {
      cwd: root,
      env: env as NodeJS.ProcessEnv,
      stdio: ["ignore", log, log, "ipc"],
      // A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops in order.
      detached: true,
    });
    closeSync(log);
    child.channel?.unref();
    this.#child = child;
    this.#startedAtMs = Date.now();
    this.#exited = new Promise((resolve) => {
      child.once("error", () => resolve());
      child.once("exit", () => resolve());
    });
    void this.#exited.then(() => this.#onExit(child));
  }

  /** Waits until it answers. @throws StartError with its last log lines when it does not in time. */
  async untilReady(): Promise<void> {
    const deadlineMs = Date.now() + this.#options.readyWithinMs;
    while (Date.now() < deadlineMs) {
      if (this.#refusal) throw this.#refusal;
      if (!this.#isRunning() && !this.#options.heal) break;
      if (this.#deaths >= deathsMax) break;
      if (this.#isRunning() && (await this.#ready())) return;
      await pause(readyPollMs);
    }
    throw this.#didNotComeUp();
  }

  #didNotComeUp(): StartError {
    return new StartError(
      `${this.#options.name} did not come up. Its last words:\n${this.#lastWords()}`,
      `The whole log is in ${this.#options.logFile}.`,
    );
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#isRunning()) this.#child?.kill(signal);
  }

  /** Stops it when it runs, starts it, waits until it answers. @throws StartError */
  async restart(): Promise<void> {
    await this.stop();
    this.#deaths = 0;
    this.start();
    await this.untilReady();
  }

  /** Asks it to end and waits; ends it outright after 20 s. */
  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#restartTimer);
    if (!this.#isRunning()) return;
    this.#child?.kill("SIGTERM");
    const gone = this.#exited.then(() => true);
    if (await Promise.race([gone, pause(stopWithinMs, false, { ref: false })])) return;
    this.#options.onNote(
      `${this.#options.name} did not stop within ${stopWithinMs / 1000} s: ended`,
    );
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }

  #isRunning(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async #ready(): Promise<boolean> {
    const { isReady } = this.#options;
    if (!isReady) return true;
    return isReady(AbortSignal.timeout(readyAnswerMs)).catch(() => false);
  }

  #lastWords(): string {
    const { logFile } = this.#options;
    if (!existsSync(logFile)) return "(it wrote nothing)";
    const words = readFileSync(logFile).subarray(this.#logFrom).toString("utf8").trimEnd();
    return words === "" ? "(it wrote nothing)" : lastLines(words);
  }

  /** Whether this exit was a refusal to start, and the start ends by it. */
  #refused(child: ChildProcess, livedMs: number): boolean {
    if (!child.exitCode || livedMs >= firstMomentsMs) return false;
    const refusal = this.#didNotComeUp();
    if (!this.#options.onRefusal?.(refusal)) return false;
    this.#refusal = refusal;
    return true;
  }

  #onExit(child: ChildProcess): void {
    if (!this.#wanted || child !== this.#child) return;
    const livedMs = Date.now() - this.#startedAtMs;
    if (livedMs > healthyAfterMs) this.#deaths = 0;
    this.#deaths += 1;
    const { name, heal, onNote, logFile } = this.#options;
    if (this.#refused(child, livedMs)) return;
    const how = child.signalCode ?? `exit code ${child.exitCode ?? "unknown"}`;
    if (!heal) return;
    if (this.#deaths >= deathsMax) {
      onNote(
        `${name} died ${deathsMax} times in a row (${how}); it stays down. Its log: ${logFile}`,
      );
      return;
    }
    const delayMs = restartDelaysMs[Math.min(this.#deaths, restartDelaysMs.length) - 1] ?? 0;
    const words = child.signalCode === null ? `\n${lastLines(this.#lastWords(), 8)}` : "";
    onNote(`${name} died (${how}); starting it again in ${delayMs} ms${words}`);
    this.#restartTimer = setTimeout(() => this.start(), delayMs);
  }
}
