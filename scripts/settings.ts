import { createHash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { platformsFound } from "#sandbox/found.generated.ts";
import { nextFreePort, randomFreePort } from "./ports.ts";
import { root, StartError, type Variables } from "./run-command.ts";

/** Where `npm start` keeps everything of its own. */
export const defaultDataDir = path.join(root, ".lockstep");

const preferredPorts = { web: 3000, sandbox: 3900, postgres: 15_432 };

const settingsSchema = z.object({
  ports: z.object({ web: z.number(), sandbox: z.number(), postgres: z.number() }),
  postgresPassword: z.string(),
  encryptionKey: z.string(),
  apiToken: z.string(),
  secrets: z.record(z.string(), z.string()),
});

/** Made once per data folder and kept: a second start finds its data and its sign-ins again. */
export type Settings = z.infer<typeof settingsSchema>;

/** Credentials the app and the sandbox share; on a real installation the platforms hand them out. */
const secretNames = platformsFound.flatMap(({ credentials }) => credentials);
/** 32 hexadecimal digits: what Shopify's keys look like, and within eBay's 32 to 80 characters. */
const secretBytes = 16;

const random = (bytes: number): string => randomBytes(bytes).toString("hex");

function freshSettings(): Omit<Settings, "ports"> {
  return {
    postgresPassword: random(secretBytes),
    encryptionKey: randomBytes(32).toString("base64"),
    apiToken: `lk_${random(24)}`,
    secrets: Object.fromEntries(secretNames.map((name) => [name, random(secretBytes)])),
  };
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readSettings(file: string): Settings | undefined {
  if (!existsSync(file)) return undefined;
  const parsed = settingsSchema.safeParse(jsonOrNothing(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data;
  throw new StartError(
    `${path.relative(process.cwd(), file)} cannot be read: it is not the settings that a start wrote there.`,
    "It holds the keys to the kept data: put back a good copy, or clear everything with npm run reset.",
  );
}

/** Settings that a start left in its data folder, or undefined when none did. @throws StartError */
export function keptSettings(dataDir: string): Settings | undefined {
  return readSettings(path.join(dataDir, "config.json"));
}

/**
 * The data folder's settings, with ports that are free now: the kept ones where possible, else the next
 * free ones (`npm start`) or random ones (any other folder: throw-away runs side by side).
 * @throws StartError when the kept ones cannot be read
 */
export async function loadSettings(dataDir: string): Promise<Settings> {
  mkdirSync(dataDir, { recursive: true });
  const file = path.join(dataDir, "config.json");
  const kept = readSettings(file);
  const own = path.resolve(dataDir) === defaultDataDir;
  const port = (name: keyof Settings["ports"]): Promise<number> => {
    const preferred = kept?.ports[name] ?? (own ? preferredPorts[name] : undefined);
    return preferred === undefined ? randomFreePort() : nextFreePort(preferred);
  };
  const ports = {
    web: await port("web"),
    sandbox: await port("sandbox"),
    postgres: await port("postgres"),
  };
  const fresh = freshSettings();
  // A folder from before a channel was added lacks that channel's credentials.
  const secrets = { ...fresh.secrets, ...kept?.secrets };
  const settings: Settings = { ...(kept ?? fresh), secrets, ports };
  writeFileSync(`${file}.new`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
  return settings;
}

export interface Surroundings {
  readonly dataDir: string;
  readonly settings: Settings;
  readonly databaseUrl: string;
  /** A database of somebody's own. */
  readonly ownDatabase?: boolean;
  readonly redisUrl: string | undefined;
  readonly sandbox: { skus?: number; stock?: number; latencyMs?: number } | undefined;
  /** Wins over everything below; empty strings count as missing. */
  readonly env: Variables;
}

export const appUrlOf = (settings: Settings): string => `http://127.0.0.1:${settings.ports.web}`;
export const sandboxUrlOf = (settings: Settings): string =>
  `http://127.0.0.1:${settings.ports.sandbox}`;

/** What of the caller's environment every process gets. The rest would make runs differ by machine. */
const inherited = ["PATH", "HOME", "TMPDIR", "LANG", "TZ", "NODE_EXTRA_CA_CERTS"];

/** The platforms as one ledger left them: each database has its own, or the two would disagree. */
function sandboxFile({ databaseUrl, ownDatabase }: Surroundings): string {
  if (!ownDatabase) return "sandbox.json";
  return `sandbox-${createHash("sha256").update(databaseUrl).digest("hex").slice(0, 8)}.json`;
}

/** Every channel's addresses in the sandbox. */
function platformVariables(at: { sandboxUrl: string; appUrl: string }): Variables {
  return Object.fromEntries(platformsFound.flatMap((found) => Object.entries(found.variables(at))));
}

/** The environment of web, worker, sandbox and seed: production code, addresses of the sandbox. */
export function processEnvironment(given: Surroundings): Variables {
  const { settings, dataDir, sandbox } = given;
  const appUrl = appUrlOf(settings);
  const sandboxUrl = sandboxUrlOf(settings);
  const base = inherited.map((name) => [name, process.env[name]] as const);
  return {
    ...Object.fromEntries(base.filter(([, value]) => value !== undefined)),
    NODE_ENV: "production",
    LOG_LEVEL: "info",
    DATABASE_URL: given.databaseUrl,
    ...(given.redisUrl === undefined ? {} : { REDIS_URL: given.redisUrl }),
    HOST: "127.0.0.1",
    PORT: String(settings.ports.web),
    ENCRYPTION_KEY: settings.encryptionKey,
    ...settings.secrets,
    SHOPIFY_APP_URL: appUrl,
    ...platformVariables({ sandboxUrl, appUrl }),
    SANDBOX_URL: sandboxUrl,
    SANDBOX_PORT: String(settings.ports.sandbox),
    SANDBOX_STATE_FILE: path.join(dataDir, sandboxFile(given)),
    SANDBOX_APP_URL: appUrl,
    ...(sandbox?.latencyMs === undefined ? {} : { SANDBOX_LATENCY_MS: String(sandbox.latencyMs) }),
    ...(sandbox?.skus === undefined ? {} : { SANDBOX_SKUS: String(sandbox.skus) }),
    ...(sandbox?.stock === undefined ? {} : { SANDBOX_STOCK: String(sandbox.stock) }),
    LOCKSTEP_API_TOKEN: settings.apiToken,
    ...given.env,
  };
}
