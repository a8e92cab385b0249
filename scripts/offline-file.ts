import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { defaultDataDir } from "./settings.ts";

const offlineSchema = z.object({
  appUrl: z.url(),
  adminUrl: z.url(),
  sandboxUrl: z.url(),
  shop: z.string(),
  apiToken: z.string(),
  shopifyApiKey: z.string(),
  shopifyApiSecret: z.string(),
  databaseUrl: z.string(),
});

/** What tools need to talk to a running Lockstep: `.lockstep/offline.json`. */
export type Offline = z.infer<typeof offlineSchema>;

const runSchema = z.object({ pid: z.number().int().positive(), appUrl: z.string() });
const answerWithinMs = 2_000;

const offlineFile = (dataDir: string): string => path.join(dataDir, "offline.json");
const runFile = (dataDir: string): string => path.join(dataDir, "run.json");

function writeWhole(file: string, content: unknown): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** A file that holds no JSON says as much as none: nothing. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

export function writeOffline(dataDir: string, offline: Offline): void {
  writeWhole(offlineFile(dataDir), offline);
}

/** Notes that this process now supervises the data folder. */
export function claimRun(dataDir: string, appUrl: string): void {
  writeWhole(runFile(dataDir), { pid: process.pid, appUrl });
}

/** Takes back `claimRun` and `writeOffline`: nothing runs here any more. */
export function releaseRun(dataDir: string): void {
  rmSync(runFile(dataDir), { force: true });
  rmSync(offlineFile(dataDir), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) });
    return true;
  } catch {
    return false;
  }
}

/**
 * Who supervises the data folder now, if anybody. A process number may have been given to somebody else
 * since: unless the app answers too, only a claim made by a process of ours counts.
 */
export async function findRun(dataDir: string): Promise<{ pid: number; appUrl: string } | null> {
  if (!existsSync(runFile(dataDir))) return null;
  const parsed = runSchema.safeParse(readJson(runFile(dataDir)));
  if (!parsed.success || parsed.data.pid === process.pid || !isAlive(parsed.data.pid)) return null;
  const commandLine = `/proc/${parsed.data.pid}/cmdline`;
  const ours = existsSync(commandLine) && /node/.test(readFileSync(commandLine, "utf8"));
  return ours || (await answers(`${parsed.data.appUrl}/healthz`)) ? parsed.data : null;
}

/** The running Lockstep of a data folder, or null when none is up. */
export async function findOffline(dataDir = defaultDataDir): Promise<Offline | null> {
  if (!existsSync(offlineFile(dataDir)) || !(await findRun(dataDir))) return null;
  const parsed = offlineSchema.safeParse(readJson(offlineFile(dataDir)));
  return parsed.success ? parsed.data : null;
}
