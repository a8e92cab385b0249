// Plain Node 20 and its built-ins: this runs before anything is installed.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { writeFoundLists } from "./found-lists.mjs";

export const root = path.resolve(import.meta.dirname, "..");

/** Node 22, an npm package: runs TypeScript files as they are. */
const node22 = path.join(
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

/** The Node that runs TypeScript: the package's, else this one where it can (22.18 and newer). */
function usableNode() {
  if (existsSync(node22)) return node22;
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18) ? process.execPath : undefined;
}

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes its own lockfile into
 * node_modules when an installation is complete; the two are compared version by version.
 */
function isInstalled({ dev }) {
  const record = path.join("node_modules", ".package-lock.json");
  if (!existsSync(path.join(root, record)) || !usableNode()) return false;
  // An image for a server may carry node_modules alone.
  if (!existsSync(path.join(root, "package-lock.json"))) return true;
  const installed = packagesOf(record);
  return Object.entries(packagesOf("package-lock.json")).every(
    ([place, { version, optional, dev: onlyDev }]) =>
      place === "" ||
      installed[place]?.version === version ||
      ((optional || (onlyDev && !dev)) && !installed[place]),
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

/**
 * Installs the packages when something is missing; ends the process in words when that fails.
 * `dev: false` does without the packages that only development needs.
 */
export async function ensureInstalled({ dev = true } = {}) {
  writeFoundLists(root);
  if (isInstalled({ dev })) return;
  const label = "Installing packages (only when they changed)";
  let result = await npm(["ci"], label);
  if (result.code !== 0 && result.tail.includes("EUSAGE")) {
    // `npm ci` also refuses a lockfile that lacks another platform's optional package. The plain
    // command keeps every locked version and accepts that; --no-save leaves the lockfile alone.
    result = await npm(["install", "--no-save"], label);
  }
  if (result.code === 0 && usableNode()) return;
  console.error(`\nThe packages could not be installed. npm said:\n\n${result.tail}\n`);
  console.error("Check the network and the disk (about 1 GB is needed), then run this again.");
  process.exit(1);
}

/**
 * Runs a TypeScript file with Node 22 and ends this process with its exit code. Signals are passed on;
 * the child also notices (its channel closes) when this process is killed outright.
 */
export function hand(script, args, { flags = [], variables = {} } = {}) {
  const node = usableNode();
  const guard = pathToFileURL(path.join(root, "scripts", "leave-with-parent.mjs")).href;
  const child = spawn(
    node,
    [
      "--disable-warning=ExperimentalWarning",
      "--import",
      guard,
      ...flags,
      path.join(root, script),
      ...args,
    ],
    {
      cwd: root,
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      env: {
        ...process.env,
        PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
        ...variables,
      },
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
    console.error(`Node 22 could not be started (${node}): ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code) => process.exit(code ?? 1));
}
