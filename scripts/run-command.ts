import { spawn } from "node:child_process";
import path from "node:path";

/** The clone's folder. */
export const root = path.resolve(import.meta.dirname, "..");

/** What this Node needs to run the project's TypeScript without chatter. */
export const nodeFlags = ["--disable-warning=ExperimentalWarning"];

/** Environment variables by name. */
export type Variables = Record<string, string | undefined>;

const outputCharsMax = 200_000;

export interface CommandResult {
  readonly code: number;
  readonly output: string;
}

/**
 * Runs a program of node_modules by its script (`prisma/build/index.js`) on this Node and collects what it
 * prints, the last 200,000 characters. Does not throw on a bad exit code.
 */
export function runPackage(
  script: string,
  args: readonly string[],
  options: { env?: Variables; signal?: AbortSignal | undefined } = {},
): Promise<CommandResult> {
  return runNode([path.join(root, "node_modules", script), ...args], options);
}

/** Runs this Node with arguments in the clone's folder; see `runPackage`. */
export function runNode(
  args: readonly string[],
  options: { env?: Variables; signal?: AbortSignal | undefined } = {},
): Promise<CommandResult> {
  const bin = path.join(root, "node_modules", ".bin");
  const given: Variables = options.env ?? process.env;
  const env = { ...given, PATH: `${bin}${path.delimiter}${given["PATH"] ?? ""}` };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeFlags, ...args], {
      cwd: root,
      env: env as Variables as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe"],
      signal: options.signal,
    });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString("utf8")).slice(-outputCharsMax);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** A step of the start that failed: `message` is for people, `advice` says what to do. */
export class StartError extends Error {
  readonly advice: string;

  constructor(message: string, advice: string) {
    super(message);
    this.name = "StartError";
    this.advice = advice;
  }
}

/** The last lines of a text, for messages. */
export function lastLines(text: string, linesMax = 20): string {
  return text.trimEnd().split("\n").slice(-linesMax).join("\n");
}

/** The lines from the first one that speaks of an error, for tools that say the cause first. */
export function firstErrorLines(text: string, linesMax = 20): string {
  const lines = text.trimEnd().split("\n");
  const first = lines.findIndex((line) => /error|failed/i.test(line));
  return lines.slice(Math.max(first, 0), Math.max(first, 0) + linesMax).join("\n");
}
