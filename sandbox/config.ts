import { z } from "zod";
import type { SandboxConfig } from "./context.ts";
import { platformsFound } from "./found.generated.ts";

const text = z.string().min(1);

/** Every platform's, by the app's variable names. */
const credentialNames = platformsFound.flatMap(({ credentials }) => credentials);

/** The sandbox process's variables; names equal the app's where they mean the same. */
export const sandboxVariables = z
  .object({
    SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(4100),
    SANDBOX_STATE_FILE: text.optional(),
    SANDBOX_APP_URL: z.url().optional(),
    SANDBOX_LATENCY_MS: z.coerce.number().int().min(0).max(60_000).default(0),
    SANDBOX_SKUS: z.coerce.number().int().min(1).max(100_000).default(200),
    SANDBOX_STOCK: z.coerce.number().int().min(0).max(1_000_000).default(60),
  })
  .and(z.object(Object.fromEntries(credentialNames.map((name) => [name, text]))));

/** @throws Error with one line per wrong variable. */
export function readSandboxConfig(variables: NodeJS.ProcessEnv): {
  readonly port: number;
  readonly config: SandboxConfig;
} {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = sandboxVariables.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`The sandbox cannot start:\n${lines.join("\n")}`);
  }
  const values = parsed.data;
  return {
    port: values.SANDBOX_PORT,
    config: {
      appUrl: values.SANDBOX_APP_URL?.replace(/\/+$/, "") ?? null,
      credentials: Object.fromEntries(credentialNames.map((name) => [name, given[name] ?? ""])),
      latencyMs: values.SANDBOX_LATENCY_MS,
      skus: values.SANDBOX_SKUS,
      stock: values.SANDBOX_STOCK,
      stateFile: values.SANDBOX_STATE_FILE ?? null,
    },
  };
}
