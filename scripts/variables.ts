import { readFileSync } from "node:fs";
import path from "node:path";
import { root, type Variables } from "./run-command.ts";

/** Decided by the start itself: a free port, the address that follows from it. */
const decidedByStart = new Set(["PORT", "SHOPIFY_APP_URL", "SANDBOX_PORT", "SANDBOX_APP_URL"]);

/** The variables of `.env.example` that are set here: what a caller of `npm start` may decide. */
export function configuredVariables(env: Variables): Variables {
  const example = readFileSync(path.join(root, ".env.example"), "utf8");
  const names = [...example.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name ?? "");
  const set = names.filter((name) => env[name] && !decidedByStart.has(name));
  return Object.fromEntries(set.map((name) => [name, env[name]]));
}
