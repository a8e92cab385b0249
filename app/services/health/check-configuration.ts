import { ConfigurationError } from "#app/env.server.ts";

/** Lines of a ConfigurationError's message before the problems begin. */
const headLines = 1;

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
  return [...new Set(parsers.flatMap(problemsOf))];
}
