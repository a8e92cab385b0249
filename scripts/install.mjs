// Plain Node 20 and its built-ins: this runs before anything is installed.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "..");

/** Node 22, an npm package: runs TypeScript files as they are. */
export const node22 = path.join(
  root,
  "node_modules",
  "node",
  "bin",
  process.platform === "win32" ? "node.exe" : "node",
);

const nodeMajorMin = 20;
const reportEveryMs = 15_000;
const spinnerEveryMs = 100;
const shellCheckEveryMs = 500;
const outputTailLines = 25;

/** Ends the process with one line when this Node is too old to install anything. */
export function requireNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= nodeMajorMin) return;
  console.error(
    `Lockstep needs Node ${nodeMajorMin} or newer; this is ${process.version} (${process.execPath}).`,
  );
  process.exit(1);
}

function packagesOf(file) {
  return JSON.parse(readFileSync(path.join(root, file), "utf8")).packages;
}

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes its own lockfile into
 * node_modules when an installation is complete; the two are compared version by version.
 */
function isInstalled() {
  const record = path.join("node_modules", ".package-lock.json");
  if (!existsSync(path.join(root, record)) || !existsSync(node22)) return false;
  const installed = packagesOf(record);
  return Object.entries(packagesOf("package-lock.json")).every(
    ([place, { version, optional }]) =>
      place === "" || installed[place]?.version === version || (optional && !installed[place]),
  );
}

/** Runs npm quietly, with a sign of life. Resolves to its exit code and the end of its output. */
async function npm(args, label) {
  const cli = process.env.npm_execpath;
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const child = cli?.endsWith(".js")
    ? spawn(process.execPath, [cli, ...args, ...quiet], { cwd: root })
    : spawn("npm", [...args, ...quiet], { cwd: root, shell: process.platform === "win32" });
  const startedAtMs = Date.now();
  const elapsed = () => `${Math.round((Date.now() - startedAtMs) / 1000)} s`;
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => (output = (output + chunk).slice(-20_000)));
  }
  const tty = process.stdout.isTTY === true;
  if (!tty) console.log(`  … ${label}`);
  const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
  let frame = 0;
  const timer = setInterval(
    () =>
      tty
        ? process.stdout.write(`\r  ${frames[frame++ % frames.length]} ${label}  ${elapsed()} `)
        : console.log(`  … ${label}, ${elapsed()}`),
    tty ? spinnerEveryMs : reportEveryMs,
  );
  const code = await new Promise((resolve) => {
    child.on("error", (error) => {
      output += String(error);
      resolve(127);
    });
    child.on("close", resolve);
  });
  clearInterval(timer);
  if (tty) process.stdout.write("\r\x1b[K");
  if (code === 0) console.log(`  ✓ ${label}  ${elapsed()}`);
  return { code, tail: output.trim().split("\n").slice(-outputTailLines).join("\n") };
}

/** Installs the packages when something is missing; ends the process in words when that fails. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  const label = "Installing packages (only when they changed)";
  let result = await npm(["ci"], label);
  if (result.code !== 0 && result.tail.includes("EUSAGE")) {
    // `npm ci` also refuses a lockfile that lacks another platform's optional package. The plain
    // command keeps every locked version and accepts that; --no-save leaves the lockfile alone.
    result = await npm(["install", "--no-save"], label);
  }
  if (result.code === 0 && existsSync(node22)) return;
  console.error(`\nThe packages could not be installed. npm said:\n\n${result.tail}\n`);
  console.error("Check the network and the disk (about 1 GB is needed), then run this again.");
  process.exit(1);
}

/**
 * Runs a TypeScript file with Node 22 and ends this process with its exit code. Signals are passed on;
 * the child also notices (its channel closes) when this process is killed outright.
 */
export function hand(script, args) {
  const child = spawn(
    node22,
    ["--disable-warning=ExperimentalWarning", path.join(root, script), ...args],
    {
      cwd: root,
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      env: { ...process.env, PATH: `${path.dirname(node22)}${path.delimiter}${process.env.PATH}` },
    },
  );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal));
  }
  if (process.env.npm_lifecycle_event) {
    // A signal sent to npm alone ends npm and its shell, but never reaches this process.
    const shell = process.ppid;
    setInterval(() => process.ppid === shell || child.kill("SIGTERM"), shellCheckEveryMs).unref();
  }
  child.on("error", (error) => {
    console.error(`Node 22 could not be started (${node22}): ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code) => process.exit(code ?? 1));
}
