import { z } from "zod";

/**
 * The app's own settings, parsed once at start. What belongs to one channel (addresses, app
 * credentials) is parsed by that channel's `config.ts`; `.env.example` lists all of them.
 */
const schema = z
  .object({
    NODE_ENV: z.enum(["development", "production", "test"]).default("production"),
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
    /** Set: BullMQ and rate limits live on Redis. Unset: both live on the same Postgres. */
    REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
    PORT: z.coerce.number().int().min(1).max(65_535).default(3000),
    SHOPIFY_API_KEY: z.string().min(1),
    SHOPIFY_API_SECRET: z.string().min(1),
    /** After a rotation Shopify signs with the old secret for up to an hour. */
    SHOPIFY_API_SECRET_PREVIOUS: z.string().min(1).optional(),
    SHOPIFY_APP_URL: z.url(),
    /** Sends the app's Shopify traffic to a simulator. Loopback only, refused in front of real shops. */
    SHOPIFY_SIMULATOR_URL: z.url().optional(),
    /** 32 bytes, base64: encrypts the connections' secrets. */
    ENCRYPTION_KEY: z.base64().refine((key) => Buffer.from(key, "base64").length === 32, {
      message: "must be 32 bytes in base64 (openssl rand -base64 32)",
    }),
    LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  })
  .superRefine((env, context) => {
    const simulator = env.SHOPIFY_SIMULATOR_URL;
    if (simulator && !/^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(simulator)) {
      context.addIssue({
        code: "custom",
        path: ["SHOPIFY_SIMULATOR_URL"],
        message: "must be a loopback address: real shops never talk to a simulator",
      });
    }
  });

export type Env = z.infer<typeof schema>;

/** A wrong configuration: one line per wrong variable. Ends the start. */
export class ConfigurationError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((line) => `  ${line}`).join("\n")}`);
    this.name = "ConfigurationError";
  }
}

/**
 * Parses variables against a schema; empty strings count as missing.
 * @throws ConfigurationError with one line "NAME: what is wrong" per problem.
 */
export function parseVariables<T>(
  shape: z.ZodType<T>,
  variables: Readonly<Record<string, string | undefined>>,
): T {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = shape.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => {
      const name = issue.path.join(".");
      return `${name}: ${name in given ? issue.message : "is missing"}`;
    }),
  );
}

let parsedEnv: Env | undefined;

/** The parsed settings; parses on first use. @throws ConfigurationError */
export function env(): Env {
  parsedEnv ??= parseVariables(schema, process.env);
  return parsedEnv;
}
