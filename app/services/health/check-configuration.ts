import { z } from "zod";
import { channelApp, channels, isWanted } from "#app/channels/registry.ts";
import { ConfigurationError, env } from "#app/env.server.ts";

/** Lines of a ConfigurationError's message before the problems begin. */
const headLines = 1;

/** What a good value looks like, where the variable's name says more than its kind. */
const examples: Readonly<Record<string, string>> = {
  DATABASE_URL: "postgresql://user:password@127.0.0.1:5432/lockstep",
  REDIS_URL: "redis://127.0.0.1:6379",
  SHOPIFY_APP_URL: "https://lockstep.example.com",
  SHOPIFY_SIMULATOR_URL: "http://127.0.0.1:3900/shopify",
  EBAY_WEBHOOK_URL: "https://lockstep.example.com/webhooks/ebay",
  ENCRYPTION_KEY: "the output of: openssl rand -base64 32",
  EBAY_VERIFICATION_TOKEN: "lockstep_verification_token_2026_a",
};
const anyAddress = "https://api.example.com";

function formatExpected(format: string, name: string): string | undefined {
  const example = examples[name];
  if (format === "url") return `must be a whole address, such as ${example ?? anyAddress}`;
  const such = example === undefined ? "" : `, such as ${example}`;
  if (format === "base64") return `must be base64${such}`;
  if (name === "EBAY_VERIFICATION_TOKEN") return `must be 32 to 80 letters, digits, _ or -${such}`;
  return undefined;
}

function numberExpected(issue: z.core.$ZodRawIssue): string | undefined {
  if (typeof issue.input !== "number") return undefined;
  if (issue.code === "too_small") return `must be ${issue.minimum} or more`;
  if (issue.code === "too_big") return `must be ${issue.maximum} or less`;
  return issue.code === "invalid_type" ? "must be a whole number, such as 3000" : undefined;
}

/** Says what is expected instead of how it was checked; undefined leaves the schema's own words. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_format") {
    return formatExpected(issue.format, issue.path?.join(".") ?? "");
  }
  if (issue.code === "invalid_value") return `must be one of: ${issue.values.join(", ")}`;
  return numberExpected(issue);
}

function problemsOf(parse: () => unknown): string[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const lines = error.message.split("\n").slice(headLines);
    return lines.map((line) => line.trim());
  }
}

/**
 * Reads all settings of a process before complaining about any.
 * @param parsers each throws a ConfigurationError when its part of the environment is not usable
 * @returns one line per wrong variable; none when the process may start
 */
export function configurationProblems(parsers: readonly (() => unknown)[]): string[] {
  const { customError } = z.config();
  z.config({ customError: expectation });
  try {
    const byVariable = new Map<string, string>();
    for (const line of parsers.flatMap(problemsOf)) {
      const name = line.split(":", 1)[0] ?? line;
      if (!byVariable.has(name)) byVariable.set(name, line);
    }
    return [...byVariable.values()];
  } finally {
    z.config({ customError });
  }
}

/**
 * What keeps a process of the app from starting: its own variables, those of every channel that is wanted, and `more`.
 * @returns one line per wrong variable; none when it may start
 */
export function startProblems(more: readonly (() => unknown)[] = []): string[] {
  const wanted = channels.filter(({ id }) => isWanted(id));
  const channelParsers = wanted.map(
    ({ id }) =>
      () =>
        channelApp(id),
  );
  return configurationProblems([env, ...more, ...channelParsers]);
}

/** Writes the problems to stderr and ends the process with 1; returns when there are none. */
export function requireConfiguration(more: readonly (() => unknown)[] = []): void {
  const problems = startProblems(more);
  if (problems.length === 0) return;
  process.stderr.write(problems.map((line) => `${line}\n`).join(""));
  process.exit(1);
}
