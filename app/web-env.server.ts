import { z } from "zod";
import { parseVariables } from "#app/env.server.ts";

const schema = z.object({
  /** The address the web server listens on. */
  HOST: z.string().min(1).default("0.0.0.0"),
  /** Where App Bridge's script lives; unset: Shopify's own address. The sandbox sets it to its stand-in. */
  APP_BRIDGE_URL: z.url({ protocol: /^https?$/ }).optional(),
});

/** What only the web process reads. */
export type WebEnv = z.infer<typeof schema>;

let parsed: WebEnv | undefined;

/** The web process's own settings; parses on first use. @throws ConfigurationError */
export function webEnv(): WebEnv {
  parsed ??= parseVariables(schema, process.env);
  return parsed;
}
